import { join } from 'node:path';
import { startNodeRed } from '../../servers/node-red';
import { count, type Figure } from '../figure';
import { startHose } from '../mqtt/start-hose';
import { ourFlow, type FlowNode } from '../mqtt/subscribe-flows';

/** Messages per second that the slow flows can bear. */
const bearable = 400;
/** MiB. */
const mostGrowth = 64;

/**
 * Flows that get ten times as much as they can handle, for some seconds; the memory must stay where it was with a flow that
 * keeps up with just as much, because the traffic alone makes garbage that is collected every 64 MiB.
 */
export async function overload(seconds = Number(process.env['BENCH_OVERLOAD_SECONDS'] ?? 15)): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const qos of [0, 1] as const) {
    figures.push(await slowFlow('busy with each message', qos, seconds, busy));
    figures.push(await slowFlow('that confirms late', qos, seconds, confirming));
  }
  return figures;
}

/** Makes the end of the flow one that can bear so many messages a second. */
type Slow = (node: FlowNode, perSecond: number) => FlowNode;

/** The end of the flow works for a while on each message, and nothing else happens meanwhile. */
function busy(node: FlowNode, perSecond: number): FlowNode {
  return node['id'] === 'count' ? { ...node, type: 'bench-memory', work: 1000 / perSecond } : node;
}

/** The end of the flow waits with each message, and then confirms it. */
function confirming(node: FlowNode, perSecond: number): FlowNode {
  if (node['id'] === 'count') return { ...node, type: 'bench-pace', perSecond, wires: [['in0']] };
  return node['type'] === 'flespi-subscribe' ? { ...node, confirm: true, inputs: 1 } : node;
}

async function slowFlow(what: string, qos: 0 | 1, seconds: number, slow: Slow): Promise<Figure> {
  const before = await mostMemory(qos, seconds, (node) => slow(node, bearable * 20));
  const growth = (await mostMemory(qos, seconds, (node) => slow(node, bearable))) - before;
  const name = `Ten times too much at QoS ${qos} for ${seconds} s, a flow ${what}: MiB more`;
  return count(name, growth, mostGrowth, `${before} with one that keeps up`);
}

/** MiB that a Node-RED has at most while ten times what is bearable is poured into it. */
async function mostMemory(qos: 0 | 1, seconds: number, flow: (node: FlowNode) => FlowNode): Promise<number> {
  const hose = await startHose();
  const red = await startNodeRed({
    flows: ourFlow({ port: hose.port, qos, subscriptions: 1, protocolVersion: 5 }).map(flow),
    credentials: { account: { token: 'bench' } },
    settings: { nodesDir: [process.env['BENCH_DIST'], join(__dirname, 'nodes')] },
  });
  try {
    await hose.subscribed(1);
    hose.pour({ pour: bearable * 10 * seconds, qos, perSecond: bearable * 10 });
    const ends = performance.now() + seconds * 1000;
    let peak = 0;
    while (performance.now() < ends) {
      await new Promise<void>((resolve) => void setTimeout(resolve, 200));
      const { resident } = (await (await fetch(`${red.url}/bench/resident`)).json()) as { resident: number };
      peak = Math.max(peak, resident / 2 ** 20);
    }
    return Math.round(peak);
  } finally {
    await red.stop();
    hose.end();
  }
}
