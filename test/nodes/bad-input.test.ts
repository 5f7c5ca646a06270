import assert from 'node:assert/strict';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox';
import { accountNode, helper, loadFlow, statusesOf, useRuntime, type Flow, type FlowNode } from './flow';

const call = {
  template: 'gw/devices/:devices',
  selectors: [{ kind: 'all' }],
  results: 'page',
  deadline: '5',
  timeout: '5',
};
const create = { ...call, method: 'POST', template: 'gw/devices', selectors: [] };

/** What each node is asked to do with a message, and what it takes as a good one. */
const nodes: Record<string, { properties: object; writes: object; good: object }> = {
  'flespi-request': { properties: call, writes: create, good: {} },
  'flespi-rpc': { properties: call, writes: create, good: {} },
  'flespi-subscribe': {
    properties: { topics: [{ topic: 'user/+', qos: '0', rh: '0' }], inputs: 1 },
    writes: { topics: [{ topic: 'user/{{payload}}', qos: '0', rh: '0' }], inputs: 1 },
    good: { action: 'subscribe', topic: 'user/good' },
  },
};

describe('bad input', () => {
  useRuntime();
  let sandbox: Sandbox;
  before(async () => {
    sandbox = await startSandbox({ devices: 3, rate: 0 });
  });
  after(() => sandbox.close());

  const address = { http: 'http://127.0.0.1:1', mqtt: 'mqtt://127.0.0.1:1' };
  /** [what the flow file says, the account's id in the node, other nodes, code]. */
  const accounts: [string, unknown, FlowNode[], RegExp][] = [
    ['no account', '', [], /^FLESPI_NO_ACCOUNT$/],
    ['an account that is undefined', undefined, [], /^FLESPI_NO_ACCOUNT$/],
    ['an account that is null', null, [], /^FLESPI_NO_ACCOUNT$/],
    ['an account that is a number', 42, [], /^FLESPI_NO_ACCOUNT$/],
    ['an account that was deleted', 'gone', [], /^FLESPI_NO_ACCOUNT$/],
    ['an account that is another node', 'out', [], /^FLESPI_NO_ACCOUNT$/],
    ['an account that is disabled', 'account', [accountNode(address, { d: true })], /^FLESPI_NO_ACCOUNT$/],
    ['an account without token', 'account', [accountNode(address)], /^FLESPI_NO_TOKEN$/],
    [
      'an account with a port for an address',
      'account',
      [accountNode({ http: '8883', mqtt: '8883' })],
      /^FLESPI_BAD_INPUT$/,
    ],
    [
      'an account whose keepalive is a word',
      'account',
      [accountNode(address, { keepalive: 'often' })],
      /^FLESPI_BAD_INPUT$/,
    ],
    [
      'an account whose session is an object',
      'account',
      [accountNode(address, { sessionHours: {} })],
      /^FLESPI_BAD_INPUT$/,
    ],
  ];
  for (const type of Object.keys(nodes)) {
    for (const [what, account, others, code] of accounts) {
      it(`${type} and ${what}: red, and a message ends on Catch (X1)`, async () => {
        const { properties, good } = nodes[type] as { properties: object; good: object };
        const flow = await loadFlow([...others, { id: 'node', type, ...properties, account }]);
        flow.node('node').receive({ ...good });
        assert.match((await flow.caught.next(({ error }) => error?.message !== undefined)).error?.code ?? '', code);
        assert.deepEqual(new Set(statusesOf('node').map(({ fill }) => fill)), new Set(['red']));
        assert.equal(flow.out.messages.length, 0);
        assert.equal(flow.completed.messages.length, 0);
      });
    }

    it(`${type} takes an account whose numbers and switches are texts (X1)`, async () => {
      const { properties, good } = nodes[type] as { properties: object; good: object };
      const more = {
        protocolVersion: '5',
        persistent: 'false',
        keepalive: '30',
        sessionHours: '24',
        callsAtOnce: '4',
        allowPlain: 'false',
      };
      const flow = await loadFlow(
        [accountNode(sandbox, more), { id: 'node', type, ...properties, account: 'account' }],
        {
          account: { token: sandbox.token },
        },
      );
      flow.node('node').receive({ ...good });
      await flow.completed.next();
      assert.equal(flow.caught.messages.length, 0);
    });
  }

  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  const thrower = (name: string): object =>
    Object.defineProperty({}, name, {
      enumerable: true,
      configurable: true,
      get: () => {
        throw new Error(`a getter of ${name}`);
      },
    });
  /** [what, the message]; each is made anew. */
  const messages: [string, () => object][] = [
    ['without payload', () => ({})],
    ['with a circular payload', () => ({ payload: circular })],
    ['with a BigInt', () => ({ payload: { id: 1n } })],
    ['with a function', () => ({ payload: () => {} })],
  ];
  const prepared = (type: string): Promise<Flow> => {
    const { writes, properties } = nodes[type] as { writes: object; properties: object };
    const flow = [
      accountNode(sandbox),
      { id: 'node', type, account: 'account', ...writes },
      { id: 'good', type, account: 'account', ...properties },
    ];
    return loadFlow(flow, { account: { token: sandbox.token } });
  };
  const send = (flow: Flow, type: string, message: object): void => {
    // Not a spread: it would call the getters.
    const msg = Object.defineProperties({}, Object.getOwnPropertyDescriptors(message));
    flow.node('node').receive(type === 'flespi-subscribe' ? Object.assign(msg, { action: 'subscribe' }) : msg);
  };
  for (const type of Object.keys(nodes)) {
    for (const [what, message] of messages) {
      it(`${type} and a message ${what}: one error, and the next message passes (X2, X3)`, async () => {
        const flow = await prepared(type);
        send(flow, type, message());
        await flow.caught.next();
        flow.node('good').receive({ ...nodes[type]?.good });
        await flow.completed.next();
        assert.equal(flow.caught.messages.length, 1);
        assert.equal(flow.completed.messages.length, 1);
      });
    }

    for (const [what, message] of [
      ['that throws', () => thrower('payload')],
      ['that throws inside', () => ({ payload: thrower('inside') })],
    ] as const) {
      // Node-RED copies a message for its Catch nodes, and this one cannot be copied.
      it(`${type} and a message with a payload ${what}: one line in the log, and the next message passes (X2, X3)`, async () => {
        const flow = await prepared(type);
        send(flow, type, message());
        flow.node('good').receive({ ...nodes[type]?.good });
        await flow.completed.next();
        const lines = helper.log().args.filter(([{ id, msg }]) => id === 'node' && String(msg).includes('a getter of'));
        assert.equal(lines.length, 1);
        assert.equal(flow.completed.messages.length, 1);
      });
    }
  }
});
