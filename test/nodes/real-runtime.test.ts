import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { WebSocket } from 'ws';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox';
import { linkedUserDir } from '../servers/linked-user-dir';
import { startNodeRed, type NodeRedProcess } from '../servers/node-red';
import { accountNode, type FlowNode } from './flow';

/** What the test helper has not: catalogues, the admin API, a process that a stray rejection would end. */
describe('the built package in a real Node-RED', function () {
  this.timeout(60_000);
  let sandbox: Sandbox;
  let nodeRed: NodeRedProcess;
  let userDir: string;
  let editor: WebSocket;
  /** What an editor that is open hears: status, the debug sidebar, notifications. */
  let heard = '';
  const subscriptions = 60;
  const calls = 20;

  const node = (id: string, type: string, more: object = {}): FlowNode => ({
    id,
    type,
    z: 'tab',
    account: 'account',
    wires: [[]],
    ...more,
  });
  /** Says on the log what Catch gets. */
  const told = (id: string): FlowNode[] => [
    { id: `catch-${id}`, type: 'catch', z: 'tab', scope: [id], wires: [[`log-${id}`, 'sidebar']] },
    {
      id: `log-${id}`,
      type: 'function',
      z: 'tab',
      func: `node.warn('${id} caught ' + msg.error.code + ': ' + msg.error.message + ' | ' + Object.keys(msg.error).join()); `,
      outputs: 1,
      wires: [[]],
    },
  ];
  const often = (id: string, seconds: string): FlowNode => ({
    id: `inject-${id}`,
    type: 'inject',
    z: 'tab',
    props: [{ p: 'payload' }],
    payload: '',
    payloadType: 'date',
    repeat: seconds,
    once: true,
    onceDelay: '0.1',
    wires: [[id]],
  });
  const flows = (): object[] => [
    { id: 'tab', type: 'tab', label: 'real' },
    node('sidebar', 'debug', { complete: 'true', tosidebar: true, tostatus: true, console: true, active: true }),
    accountNode(sandbox),
    { ...accountNode(sandbox), id: 'refused' },
    ...Array.from({ length: subscriptions }, (_, index) =>
      node(`sub-${index}`, 'flespi-subscribe', { topics: [{ topic: `user/${index}`, qos: '0', rh: '0' }] }),
    ),
    ...Array.from({ length: calls }, (_, index) =>
      node(`rpc-${index}`, 'flespi-rpc', {
        template: 'gw/groups/:groups',
        selectors: [{ kind: 'all' }],
        results: 'page',
        wires: [['sidebar']],
      }),
    ),
    ...Array.from({ length: calls }, (_, index) => often(`rpc-${index}`, '1')),
    node('wrong', 'flespi-request', {
      account: 'refused',
      template: 'gw/devices/:devices',
      selectors: [{ kind: 'all' }],
    }),
    often('wrong', '1'),
    ...told('wrong'),
    node('near', 'flespi-request', { template: 'gw/devices/:devices/mesages', selectors: [{ kind: 'all' }] }),
    often('near', ''),
    ...told('near'),
    node('broken', 'flespi-request', {
      template: 'gw/devices/:devices',
      selectors: [{ kind: 'expression', value: 'id > nosuch(', type: 'str' }],
    }),
    often('broken', ''),
    ...told('broken'),
  ];
  const canary = 'C4n4ry'.repeat(11).slice(0, 64);

  before(async () => {
    sandbox = await startSandbox({ devices: 5, rate: 5 });
    userDir = linkedUserDir();
    nodeRed = await startNodeRed({
      userDir,
      flows: flows(),
      credentials: { account: { token: sandbox.token }, refused: { token: canary } },
      settings: {
        diagnostics: { enabled: true, ui: true },
        logging: { console: { level: 'trace', metrics: true, audit: true } },
      },
    });
    editor = new WebSocket(`${nodeRed.url.replace('http', 'ws')}/comms`);
    editor.on('message', (data: Buffer) => (heard += data.toString()));
    await once(editor, 'open');
    for (const topic of ['status/#', 'debug', 'notification/#']) editor.send(JSON.stringify({ subscribe: topic }));
  });
  after(async () => {
    editor?.terminate();
    await nodeRed?.stop();
    await sandbox?.close();
    if (userDir) rmSync(userDir, { recursive: true, force: true });
  });

  /** Not the whole log in the message: it is long. */
  const never = (pattern: RegExp): void => {
    assert.equal(
      nodeRed
        .log()
        .split('\n')
        .find((line) => pattern.test(line)),
      undefined,
    );
  };

  it('errors are sentences with a code, without a stack', async () => {
    await nodeRed.logged(/wrong caught FLESPI_UNAUTHORIZED: flespi does not accept the token/);
    await nodeRed.logged(/near caught FLESPI_NO_SUCH_PATH: .*Did you mean gw\/devices\/:devices\/messages\?/);
    await nodeRed.logged(/broken caught FLESPI_BAD_EXPRESSION: The expression has a mistake in column \d+: /);
    assert.match(nodeRed.log(), /caught FLESPI_UNAUTHORIZED.* \| message,source,code/);
    never(/__[a-z]\w*__/);
    never(/at .*\/dist\/.*\.js:\d+/);
  });

  it('80 nodes share one connection, and nobody warns of listeners (C19)', async () => {
    await until(() =>
      sandbox.broker.sessions(sandbox.cid).some(({ id }) => sandbox.broker.subscriptions(id).length > subscriptions),
    );
    assert.equal(sandbox.broker.stats.connections, 1);
    never(/MaxListeners/);
  });

  it('the token is nowhere: log, what the editor hears, flows, global configuration, diagnostics, context (X4)', async () => {
    await until(() => /"topic":"status\/wrong"/.test(heard) && /"topic":"debug"/.test(heard));
    const seen: string[] = [nodeRed.log(), heard];
    for (const path of [
      'flows',
      'flow/tab',
      'flow/global',
      'diagnostics',
      'settings',
      'nodes',
      'context/global',
      'context/flow/tab',
      'credentials/flespi-config/account',
      'credentials/flespi-config/refused',
    ]) {
      seen.push(await (await fetch(`${nodeRed.url}/${path}`, { headers: { accept: 'application/json' } })).text());
    }
    for (const secret of [canary, sandbox.token, canary.slice(0, 20), sandbox.token.slice(0, 20)]) {
      assert.ok(seen.every((text) => !text.includes(secret)));
    }
  });

  it('lives on, whatever goes away and comes back in between', async () => {
    const { http, mqtt } = sandbox;
    const answered = (): number => sandbox.broker.stats.calls;
    for (const how of ['reset', 'silence', 'close'] as const) {
      sandbox.broker.interrupt({ how });
      sandbox.faults.rest.set([{ reset: how === 'reset' ? 'before' : 'after' }]);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    await sandbox.close();
    await nodeRed.logged(/\[warn\] \[flespi-config:account\] No connection/);
    sandbox = await startSandbox({
      devices: 5,
      rate: 5,
      httpPort: Number(new URL(http).port),
      mqttPort: Number(new URL(mqtt).port),
    });
    await until(() => answered() > 0, 30_000);
    await nodeRed.logged(/\[info\] \[flespi-config:account\] connected again after \d+ s/);
    never(/uncaught|unhandled/i);
    assert.equal((await fetch(`${nodeRed.url}/settings`)).status, 200);
  });
});

async function until(condition: () => boolean, milliseconds = 10_000): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!condition()) {
    if (performance.now() > end) throw new Error('not in time');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
