import { fork } from 'node:child_process';
import { join } from 'node:path';
import { startNodeRed } from '../../servers/node-red';
import { count, type Figure } from '../figure';
import { startHose, type Hose } from '../mqtt/start-hose';
import { ourFlow } from '../mqtt/subscribe-flows';

export interface Resident {
  /** Bytes of the process. */
  resident: number;
  /** What waits for the listener, where the flow confirms. */
  held?: number;
  bytes?: number;
  dropped?: number;
}

/** Messages per second that a slow flow can bear. */
const bearable = 400;
const mostGrowth = 64;

/** A flow that gets ten times as much as it can handle, for some seconds; the memory must stay where it was. */
export async function overload(seconds = Number(process.env['BENCH_OVERLOAD_SECONDS'] ?? 15)): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const qos of [0, 1] as const) {
    figures.push(await slowFlow(qos, seconds), await confirmingFlow(qos, seconds));
  }
  return figures;
}

/** A flow that is busy with each message. */
async function slowFlow(qos: 0 | 1, seconds: number): Promise<Figure> {
  const hose = await startHose();
  const flow = ourFlow({ port: hose.port, qos, subscriptions: 1, protocolVersion: 5 });
  const red = await startNodeRed({
    flows: flow.map((node) =>
      node['id'] === 'count' ? { ...node, type: 'bench-memory', work: 1000 / bearable } : node,
    ),
    credentials: { account: { token: 'bench' } },
    settings: { nodesDir: [process.env['BENCH_DIST'], join(__dirname, 'nodes')] },
  });
  try {
    await hose.subscribed(1);
    const look = async (): Promise<Resident> => (await (await fetch(`${red.url}/bench/resident`)).json()) as Resident;
    return await compare(`Ten times too much for ${seconds} s, slow flow, QoS ${qos}`, hose, { look, qos, seconds });
  } finally {
    await red.stop();
    hose.end();
  }
}

/** A listener that confirms each message, and not as fast as they come. */
async function confirmingFlow(qos: 0 | 1, seconds: number): Promise<Figure> {
  const hose = await startHose();
  const child = fork(join(__dirname, 'slow-listener.ts'), [String(hose.port), String(qos), String(bearable)], {
    execArgv: ['--import', 'tsx'],
  });
  let latest: Resident = { resident: 0 };
  child.on('message', (told: Resident) => {
    latest = told;
  });
  try {
    await hose.subscribed(1);
    const look = (): Promise<Resident> => Promise.resolve(latest);
    return await compare(`Ten times too much for ${seconds} s, flow confirms, QoS ${qos}`, hose, {
      look,
      qos,
      seconds,
    });
  } finally {
    child.kill();
    hose.end();
  }
}

interface Watching {
  look: () => Promise<Resident>;
  qos: 0 | 1;
  seconds: number;
}

async function compare(name: string, hose: Hose, { look, qos, seconds }: Watching): Promise<Figure> {
  const most = async (perSecond: number, forSeconds: number): Promise<Resident> => {
    hose.pour({ pour: perSecond * forSeconds, qos, perSecond });
    const ends = performance.now() + forSeconds * 1000;
    let peak: Resident = { resident: 0 };
    while (performance.now() < ends) {
      await new Promise<void>((resolve) => void setTimeout(resolve, 200));
      const now = await look();
      peak = { ...now, resident: Math.max(peak.resident, now.resident) };
    }
    return peak;
  };
  const before = await most(bearable, 5);
  const { resident, held, dropped } = await most(bearable * 10, seconds);
  const growth = Math.round((resident - before.resident) / 2 ** 20);
  const backlog = held === undefined ? '' : `; ${held} held, ${dropped} dropped`;
  return count(`${name}: MiB more`, growth, mostGrowth, `${Math.round(before.resident / 2 ** 20)} before${backlog}`);
}
