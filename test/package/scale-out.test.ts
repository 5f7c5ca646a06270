import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox';
import { linkedUserDir } from '../servers/linked-user-dir';
import { startNodeRed, type NodeRedProcess } from '../servers/node-red';

const root = join(__dirname, '..', '..');

interface FlowNode {
  id: string;
  type: string;
  [property: string]: unknown;
}

/** What a node of the example got, and where. */
interface Handled {
  node: string;
  topic: string;
  /** The number that the test gave to the message. */
  count: number;
}

/** The example, with an account at the sandbox and everything that reaches a debug node on record. */
function exampleFor(sandbox: Sandbox): FlowNode[] {
  const example = JSON.parse(readFileSync(join(root, 'examples', 'flespi-subscribe-share.json'), 'utf8')) as FlowNode[];
  return example.map((node) => {
    if (node.type === 'flespi-config') {
      return { ...node, region: 'own', restUrl: sandbox.http, mqttUrl: sandbox.mqtt, tokenSet: true };
    }
    return node.type === 'debug' ? { ...node, type: 'record-messages' } : node;
  });
}

/** One Node-RED with the example, as if on a machine of its own. */
class Instance {
  private constructor(
    readonly nodeRed: NodeRedProcess,
    private readonly folder: string,
  ) {}

  static async start(sandbox: Sandbox): Promise<Instance> {
    const folder = mkdtempSync(join(tmpdir(), 'flespi-record-'));
    const record = join(folder, 'messages');
    writeFileSync(record, '');
    const nodeRed = await startNodeRed({
      userDir: linkedUserDir(),
      flows: exampleFor(sandbox),
      credentials: { f1e5b1f1e5b1f1e5: { token: sandbox.token } },
      settings: { nodesDir: join(__dirname, 'nodes') },
      env: { RECORD_MESSAGES: record },
    });
    return new Instance(nodeRed, folder);
  }

  /** What the node of this name has handled, in order. */
  handled(node: string): Handled[] {
    return readFileSync(join(this.folder, 'messages'), 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as [string, string, { count?: number }])
      .filter(([name, , { count }]) => name === node && count !== undefined)
      .map(([name, topic, { count }]) => ({ node: name, topic, count: count ?? 0 }));
  }

  /** Settles with the next change of the record, or after a moment without one. */
  async changed(): Promise<void> {
    const watcher = watch(this.folder);
    const moment = AbortSignal.timeout(100);
    await once(watcher, 'change', { signal: moment }).catch(() => {});
    watcher.close();
  }

  async end(): Promise<void> {
    await this.nodeRed.stop();
    rmSync(this.nodeRed.userDir, { recursive: true, force: true });
    rmSync(this.folder, { recursive: true, force: true });
  }
}

describe('scale out: two Node-REDs with the example share the load', function () {
  this.timeout(60_000);
  let sandbox: Sandbox;
  let first: Instance;
  let second: Instance;
  let count = 0;

  before(async () => {
    sandbox = await startSandbox({ devices: 20 });
    [first, second] = await Promise.all([Instance.start(sandbox), Instance.start(sandbox)]);
    // Ready when the broker has the three shares of both.
    await until(() => sharesOf(sandbox) === 6);
  });
  after(async () => {
    await Promise.all([first?.end(), second?.end()]);
    await sandbox.close();
  });

  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await (first ?? second).changed();
  }

  /** One message of each device; returns their numbers. */
  function report(): number[] {
    return sandbox.gateway.deviceIds.map((id) => {
      count += 1;
      sandbox.gateway.report(id, [{ timestamp: Date.now() / 1000, count }]);
      return count;
    });
  }

  const both = (node: string): Handled[] => [...first.handled(node), ...second.handled(node)];
  const counts = (handled: readonly Handled[]): number[] => handled.map((one) => one.count).sort((a, b) => a - b);

  it('each message is handled once, by one of them', async () => {
    const sent = Array.from({ length: 20 }, report).flat();
    await until(() => both('any instance').length >= sent.length);
    assert.deepEqual(counts(both('any instance')), sent);
    for (const instance of [first, second]) {
      const { length } = instance.handled('any instance');
      assert.ok(length > sent.length / 4, `${length} of ${sent.length}`);
    }
  });

  it('sticky: the messages of a device stay with one of them, in order', async () => {
    await until(() => both('by device').length >= count && both('by device, all topics').length >= count);
    for (const node of ['by device', 'by device, all topics']) {
      assert.equal(new Set(counts(both(node))).size, count, node);
      const topicsOf = (instance: Instance): Set<string> => new Set(instance.handled(node).map(({ topic }) => topic));
      const shared = [...topicsOf(first)].filter((topic) => topicsOf(second).has(topic));
      assert.deepEqual(shared, [], node);
      assert.ok(topicsOf(first).size > 0 && topicsOf(second).size > 0, node);
      for (const instance of [first, second]) {
        for (const topic of topicsOf(instance)) {
          const own = instance.handled(node).filter((one) => one.topic === topic);
          assert.deepEqual(
            own.map((one) => one.count),
            counts(own),
            `${node}: ${topic}`,
          );
        }
      }
    }
  });

  it('one is killed in the middle, and the other handles what it leaves behind', async () => {
    const sent: number[] = [];
    const before = first.handled('any instance').length;
    let killed = false;
    for (let round = 0; round < 200; round += 1) {
      sent.push(...report());
      if (!killed && round > 50 && first.handled('any instance').length > before + 200) {
        // Its socket still has messages in it, and its flow some that it has not recorded.
        sent.push(...report(), ...report());
        process.kill(first.nodeRed.pid, 'SIGKILL');
        killed = true;
      }
      await new Promise<void>((resolve) => void setImmediate(resolve));
    }
    if (!killed) process.kill(first.nodeRed.pid, 'SIGKILL');
    const missing = (node: string): number[] => {
      const handled = new Set(counts(both(node)));
      return sent.filter((one) => !handled.has(one));
    };
    for (const node of ['any instance', 'by device', 'by device, all topics']) {
      await until(() => missing(node).length === 0);
      const twice = both(node).length - new Set(counts(both(node))).size;
      // What was on its way to the one that died, within the window of the broker.
      assert.ok(twice <= 1000, `${node}: ${twice} twice`);
    }
    const late = report();
    sent.push(...late);
    await until(() => missing('any instance').length === 0);
    const counted = new Set(counts(second.handled('any instance')));
    assert.ok(late.every((one) => counted.has(one)));
  });
});

function sharesOf({ broker, cid }: Sandbox): number {
  return broker
    .sessions(cid)
    .flatMap(({ id }) => broker.subscriptions(id))
    .filter(({ topic }) => topic.startsWith('$share/')).length;
}
