import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox';
import { linkedUserDir } from '../servers/linked-user-dir';
import { startNodeRed, type NodeRedProcess } from '../servers/node-red';
import { accountNode } from './flow';

const kills = 4;

describe('Node-RED is killed while its flow has not confirmed', function () {
  this.timeout(60_000);
  let sandbox: Sandbox;
  let nodeRed: NodeRedProcess | undefined;
  let userDir: string;
  let folder: string;
  before(async () => {
    sandbox = await startSandbox({ devices: 0 });
    userDir = linkedUserDir();
    folder = mkdtempSync(join(tmpdir(), 'flespi-record-'));
    writeFileSync(join(folder, 'messages'), '');
  });
  after(async () => {
    await nodeRed?.stop();
    await sandbox.close();
    for (const path of [userDir, folder]) rmSync(path, { recursive: true, force: true });
  });

  const node = (id: string, type: string, more: object): object => ({ id, type, z: 'tab', x: 0, y: 0, ...more });
  /** Each message waits in the flow for a while; then it is recorded, which is what the flow is for, and confirmed. */
  const flows = (): object[] => [
    { id: 'tab', type: 'tab', label: 'kills' },
    accountNode(sandbox, { persistent: true }),
    node('subscribe', 'flespi-subscribe', {
      account: 'account',
      topics: [{ topic: 'user/+', qos: '1', rh: '2' }],
      inputs: 1,
      confirm: true,
      confirmMost: '20',
      wires: [['wait']],
    }),
    node('wait', 'delay', {
      pauseType: 'delay',
      timeout: '50',
      timeoutUnits: 'milliseconds',
      wires: [['record', 'subscribe']],
    }),
    node('record', 'record-messages', { name: 'record', wires: [] }),
  ];
  const run = async (): Promise<void> => {
    nodeRed = await startNodeRed({
      userDir,
      flows: flows(),
      credentials: { account: { token: sandbox.token } },
      settings: { nodesDir: join(__dirname, '../package/nodes') },
      env: { RECORD_MESSAGES: join(folder, 'messages') },
    });
  };
  const recorded = (): number[] =>
    readFileSync(join(folder, 'messages'), 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as [string, string, number])[2]);
  /** Looks after each change of the record, and after a moment without one. */
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) {
      const watcher = watch(folder);
      await once(watcher, 'change', { signal: AbortSignal.timeout(100) }).catch(() => {});
      watcher.close();
    }
  };

  it(`${kills} times: what was not confirmed comes again after each start, and nothing is lost (S10)`, async () => {
    let sent = 0;
    const publish = (messages: number): void => {
      for (let count = 0; count < messages; count += 1) {
        sandbox.broker.publish({ topic: 'user/x', cid: sandbox.cid, payload: String(sent) });
        sent += 1;
      }
    };
    await run();
    await until(() =>
      sandbox.broker.sessions(sandbox.cid).some(({ id }) => sandbox.broker.subscriptions(id).length > 0),
    );
    for (let kill = 0; kill < kills; kill += 1) {
      const before = new Set(recorded()).size;
      publish(200);
      // In the middle of it: 20 are in the flow, the others wait in the node or at the broker.
      await until(() => new Set(recorded()).size >= before + 50);
      process.kill(nodeRed?.pid ?? 0, 'SIGKILL');
      await nodeRed?.stop();
      const missing = sent - new Set(recorded()).size;
      assert.ok(missing > 0, 'nothing was open');
      // What comes meanwhile waits too.
      publish(20);
      await run();
      await until(() => new Set(recorded()).size === sent);
    }
    const twice = recorded().length - sent;
    assert.ok(twice <= kills * 500, `${twice} came twice`);
    assert.equal(sandbox.broker.sessions(sandbox.cid).length, 1, 'one session, found again after each start');
  });
});
