import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { startNodeRed } from '../../servers/node-red';
import type { Pour } from './hose';
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
  const hose = fork(join(__dirname, 'hose.ts'), options.stamped ? ['stamped'] : [], { execArgv: ['--import', 'tsx'] });
  const { port = 0 } = await told(hose, (message) => message.port !== undefined);
  const ready = told(hose, ({ subscriptions = 0 }) => subscriptions >= options.subscriptions);
  const flow = { ...options, port };
  const red = await startNodeRed({
    flows: options.node === 'ours' ? ourFlow(flow, options.more) : coreFlow(flow),
    credentials: { account: { token: 'bench' } },
    settings: { nodesDir: [process.env['BENCH_DIST'], join(__dirname, 'nodes')] },
  });
  const pour = async (messages: number): Promise<Poured> => {
    await answered(`${red.url}/bench/count/${messages}`, 'POST');
    hose.send({ pour: messages, qos: options.qos } satisfies Pour);
    return (await answered(`${red.url}/bench/counted`)).json() as Promise<Poured>;
  };
  try {
    await ready;
    await pour(Math.ceil((options.messages * warmUp) / 1000) * 1000);
    return await pour(options.messages);
  } finally {
    await red.stop();
    hose.kill();
  }
}

type Told = Partial<Record<'port' | 'subscriptions', number>>;

function told(hose: ChildProcess, enough: (message: Told) => boolean): Promise<Told> {
  return new Promise((resolve) => {
    const look = (message: unknown): void => {
      if (!enough(message as Told)) return;
      hose.off('message', look);
      resolve(message as Told);
    };
    hose.on('message', look);
  });
}

async function answered(url: string, method = 'GET'): Promise<Response> {
  const response = await fetch(url, { method });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  return response;
}
