import { join } from 'node:path';
import { startSandbox } from '../../../sandbox/sandbox';
import { startNodeRed } from '../../servers/node-red';
import { count, type Figure } from '../figure';

interface Memory {
  /** Bytes after a collection of garbage. */
  heap: number;
  listeners: number;
  sockets: number;
  timers: number;
}

/** A real Node-RED with a connection in use is deployed again and again: changed nodes, and now and then everything. */
export async function redeploys(times = 1000, warmUp = 600): Promise<Figure[]> {
  const sandbox = await startSandbox({ devices: 2 });
  const red = await startNodeRed({
    flows: flowNamed('first', sandbox),
    credentials: { account: { token: sandbox.token } },
    settings: {
      nodesDir: [process.env['BENCH_DIST'], join(__dirname, 'nodes')],
      logging: { console: { level: 'info' } },
    },
  });
  try {
    const deploy = async (index: number): Promise<void> => {
      const response = await fetch(`${red.url}/flows`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'node-red-deployment-type': index % 10 === 0 ? 'full' : 'nodes',
        },
        body: JSON.stringify(flowNamed(`deploy ${index}`, sandbox)),
      });
      if (!response.ok) throw new Error(`deploy: ${response.status}\n${red.log()}`);
    };
    const memory = async (): Promise<Memory> => {
      // The nodes have their connection again.
      while (sandbox.broker.stats.connections !== 1) await new Promise<void>((resolve) => void setTimeout(resolve, 20));
      return (await fetch(`${red.url}/bench/memory`)).json() as Promise<Memory>;
    };
    for (let index = 0; index < warmUp; index += 1) await deploy(index);
    const before = await memory();
    for (let index = 0; index < times; index += 1) await deploy(index);
    const after = await memory();
    const growth = Number(((after.heap - before.heap) / 2 ** 20).toFixed(2));
    const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
    return [
      count(
        `${times} redeploys: growth of the heap, MiB`,
        growth,
        1,
        `${megabytes(before.heap)} to ${megabytes(after.heap)}`,
      ),
      count('Redeploys: listeners more than before', after.listeners - before.listeners, 0, `${after.listeners}`),
      count('Redeploys: sockets more than before', after.sockets - before.sockets, 0, `${after.sockets}`),
      count('Redeploys: timers more than before', after.timers - before.timers, 0, `${after.timers}`),
    ];
  } finally {
    await red.stop();
    await sandbox.close();
  }
}

function flowNamed(name: string, { http, mqtt }: { http: string; mqtt: string }): object[] {
  const node = (id: string, type: string, more: object): object => ({
    id,
    type,
    z: 'tab',
    name,
    account: 'account',
    wires: [['end']],
    ...more,
  });
  const call = { method: 'GET', template: 'gw/devices/:devices', selectors: [{ kind: 'all' }], results: 'page' };
  return [
    { id: 'tab', type: 'tab', label: 'bench' },
    { id: 'account', type: 'flespi-config', region: 'own', restUrl: http, mqttUrl: mqtt, tokenSet: true },
    { id: 'end', type: 'bench-memory', z: 'tab', wires: [] },
    node('messages', 'flespi-subscribe', { topics: [{ topic: 'flespi/message/gw/devices/+', qos: '1', rh: '0' }] }),
    node('states', 'flespi-subscribe', {
      topics: [{ topic: 'flespi/state/gw/devices/+/connected', qos: '0', rh: '0' }],
    }),
    node('request', 'flespi-request', call),
    node('rpc', 'flespi-rpc', call),
    // Each deploy makes a call by both ways.
    { id: 'begin', type: 'inject', z: 'tab', name, props: [], once: true, onceDelay: 0, wires: [['request', 'rpc']] },
  ];
}
