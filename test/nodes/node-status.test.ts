import assert from 'node:assert/strict';
import type { NodeAPI } from 'node-red';
import { nodeStatus } from '../../nodes/node-status';

/** A Node-RED without catalogue. */
const RED = { _: (key: string) => key } as unknown as NodeAPI;
const textOf = (reason: string): string => String(nodeStatus(RED, { kind: 'failed', reason }).text);

describe('nodeStatus', () => {
  it('leaves out the middle of a sentence that is too long: what is wrong stands at its end', () => {
    const reason =
      'The topic "flespi/message/gw/devices/{{flow.vehicle}}" cannot be used: there is no value for {{flow.vehicle}}.';
    const text = textOf(reason);
    assert.match(text, /^The topic "flespi\/message\/.* … .*there is no value for {{flow\.vehicle}}\.$/);
    assert.ok(text.length <= 93, `${text.length}`);
  });

  it('leaves a short one as it is', () => {
    assert.equal(textOf('The token is missing.'), 'The token is missing.');
  });
});
