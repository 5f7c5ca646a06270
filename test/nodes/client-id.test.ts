import assert from 'node:assert/strict';
import type { NodeAPI } from 'node-red';
import { clientIdOf } from '../../nodes/client-id';

const runtime = (get: (name: string) => unknown): NodeAPI => ({ settings: { get } }) as unknown as NodeAPI;

describe('the client id of an account', () => {
  it('is the same for the same installation and node', () => {
    const installation = runtime((name) => (name === 'instanceId' ? 'abc' : undefined));
    assert.equal(clientIdOf(installation, 'f1e5'), 'node-red-abc-f1e5');
    assert.equal(clientIdOf(installation, 'f1e5'), clientIdOf(installation, 'f1e5'));
  });

  it('differs between installations that imported the same example', () => {
    const [one, other] = ['abc', 'def'].map((id) =>
      clientIdOf(
        runtime(() => id),
        'f1e5',
      ),
    );
    assert.notEqual(one, other);
  });

  const withoutSettings: [string, NodeAPI][] = [
    [
      'settings that cannot be read',
      runtime(() => {
        throw new Error('not available');
      }),
    ],
    ['settings without an id', runtime(() => undefined)],
    ['no settings at all', { settings: {} } as unknown as NodeAPI],
  ];
  for (const [title, RED] of withoutSettings) {
    it(`is made up, and stays while the process runs, with ${title}`, () => {
      assert.match(clientIdOf(RED, 'f1e5'), /^node-red-[0-9a-f]{16}-f1e5$/);
      assert.equal(clientIdOf(RED, 'f1e5'), clientIdOf(RED, 'f1e5'));
    });
  }
});
