import { join } from 'node:path';
import { startNodeRed } from '../../servers/node-red';
import { startHose } from './start-hose';
import { coreFlow, ourFlow, type SubscribeFlow } from './subscribe-flows';

export interface Poured {
  messages: number;
  /** Milliseconds. */
  wall: number;
  cpu: number;
  /** Bytes. */
  peak: number;
}

export interface PourOptions extends Omit<SubscribeFlow, 'port'> {
  node: 'ours' | 'core';
  messages: number;
  /** Other options of our node. */
  more?: Record<string, unknown>;
  /** With the user properties that flespi gives to every message. */
  stamped?: boolean;
}

/** Of the messages, so many come before to warm the process up. */
const warmUp = 0.3;

/** One hose, one fresh headless Node-RED: what it takes to bring the messages into a flow. */
export async function pourInto(options: PourOptions): Promise<Poured> {
  const hose = await startHose(options.stamped);
  const flow = { ...options, port: hose.port };
  const red = await startNodeRed({
    flows: options.node === 'ours' ? ourFlow(flow, options.more) : coreFlow(flow),
    credentials: { account: { token: 'bench' } },
    settings: { nodesDir: [process.env['BENCH_DIST'], join(__dirname, 'nodes')] },
  });
  const pour = async (messages: number): Promise<Poured> => {
    await answered(`${red.url}/bench/count/${messages}`, 'POST');
    hose.pour({ pour: messages, qos: options.qos });
    return (await answered(`${red.url}/bench/counted`)).json() as Promise<Poured>;
  };
  try {
    await hose.subscribed(options.subscriptions);
    await pour(Math.ceil((options.messages * warmUp) / 1000) * 1000);
    return await pour(options.messages);
  } finally {
    await red.stop();
    hose.end();
  }
}

async function answered(url: string, method = 'GET'): Promise<Response> {
  const response = await fetch(url, { method });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  return response;
}
