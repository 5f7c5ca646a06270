import assert from 'node:assert/strict';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox';
import { accountNode, loadFlow, useRuntime, type FlowNode } from './flow';

describe('flespi-request', () => {
  useRuntime();
  let sandbox: Sandbox;
  before(async () => {
    sandbox = await startSandbox({ devices: 25, rate: 0 });
  });
  after(() => sandbox.close());

  const request = (more: object = {}): FlowNode => ({
    id: 'request',
    type: 'flespi-request',
    account: 'account',
    method: 'GET',
    template: 'gw/devices/:devices',
    selectors: [{ kind: 'all' }],
    fields: 'id,name',
    results: 'array',
    limit: '10',
    ...more,
  });
  const run = (more: object = {}) =>
    loadFlow([accountNode(sandbox), request(more)], { account: { token: sandbox.token } });

  it('reads every page into one array', async () => {
    const flow = await run();
    flow.node('request').receive({ topic: 'kept', payload: 'replaced' });
    const msg = await flow.out.next();
    assert.equal((msg.payload as unknown[]).length, 25);
    assert.equal(msg['topic'], 'kept');
    assert.equal(msg['statusCode'], 200);
    await flow.completed.next();
  });
});
