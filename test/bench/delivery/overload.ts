import { join } from 'node:path';
import { startNodeRed } from '../../servers/node-red';
import { count, type Figure } from '../figure';
import { startHose } from '../mqtt/start-hose';
import { ourFlow, type FlowNode } from '../mqtt/subscribe-flows';

/** Messages per second that the slow flows can bear. */
const bearable = 400;
/** MiB. */
const mostGrowth = 64;

/** Flows that get ten times as much as they can handle, for some seconds; the memory must stay where it was. */
export async function overload(seconds = Number(process.env['BENCH_OVERLOAD_SECONDS'] ?? 15)): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const qos of [0, 1] as const) {
    figures.push(await slowFlow('busy with each message', qos, seconds, busy));
    figures.push(await slowFlow('that confirms late', qos, seconds, confirming));
  }
  return figures;
}

/** The end of the flow works for a while on each message, and nothing else happens meanwhile. */
function busy(node: FlowNode): FlowNode {
  return node['id'] === 'count' ? { ...node, type: 'bench-memory', work: 1000 / bearable } : node;
}

/** The end of the flow waits with each message, and then confirms it. */
function confirming(node: FlowNode): FlowNode {
  if (node['id'] === 'count') return { ...node, type: 'bench-pace', perSecond: bearable, wires: [['in0']] };
  return node['type'] === 'flespi-subscribe' ? { ...node, confirm: true, inputs: 1 } : node;
}

async function slowFlow(
  what: string,
  qos: 0 | 1,
  seconds: number,
  slow: (node: FlowNode) => FlowNode,
): Promise<Figure> {
  const hose = await startHose();
  const red = await startNodeRed({
    flows: ourFlow({ port: hose.port, qos, subscriptions: 1, protocolVersion: 5 }).map(slow),
    credentials: { account: { token: 'bench' } },
    settings: { nodesDir: [process.env['BENCH_DIST'], join(__dirname, 'nodes')] },
  });
  const most = async (perSecond: number, forSeconds: number): Promise<number> => {
    hose.pour({ pour: perSecond * forSeconds, qos, perSecond });
    const ends = performance.now() + forSeconds * 1000;
    let peak = 0;
    while (performance.now() < ends) {
      await new Promise<void>((resolve) => void setTimeout(resolve, 200));
      const { resident } = (await (await fetch(`${red.url}/bench/resident`)).json()) as { resident: number };
      peak = Math.max(peak, resident / 2 ** 20);
    }
    return Math.round(peak);
  };
  try {
    await hose.subscribed(1);
    const before = await most(bearable, 5);
    const growth = (await most(bearable * 10, seconds)) - before;
    const name = `Ten times too much at QoS ${qos} for ${seconds} s, a flow ${what}: MiB more`;
    return count(name, growth, mostGrowth, `${before} before`);
  } finally {
    await red.stop();
    hose.end();
  }
}
