import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { startNodeRed } from '../../servers/node-red';
import { coreCalls, ourCalls } from './rpc-flows';

export interface Called {
  calls: number;
  /** Milliseconds. */
  wall: number;
  cpu: number;
  /** Of one call. */
  median: number;
  /** Bytes. */
  peak: number;
}

export interface Load {
  calls: number;
  atOnce: number;
}

export type Caller = 'ours' | 'core0' | 'core1';

/** One answering broker, one fresh headless Node-RED: what each of the loads takes, after the first has warmed it up. */
export async function makeCalls(caller: Caller, answerBytes: number, loads: readonly Load[]): Promise<Called[]> {
  return withAnswerer(answerBytes, async (port, answerer) => {
    const subscribed = once(answerer, 'message');
    const red = await startNodeRed({
      flows: caller === 'ours' ? ourCalls(port) : coreCalls(port, caller === 'core1' ? 1 : 0),
      credentials: { account: { token: 'bench' } },
      settings: { nodesDir: [process.env['BENCH_DIST'], join(__dirname, 'nodes')] },
    });
    const call = async ({ calls, atOnce }: Load): Promise<Called> => {
      const response = await fetch(`${red.url}/bench/calls/${calls}/at/${atOnce}`, { method: 'POST' });
      if (!response.ok) throw new Error(`${caller}: ${await response.text()}\n${red.log()}`);
      return (await response.json()) as Called;
    };
    try {
      // Core's node drops what it cannot send yet; ours subscribes with the first call.
      if (caller !== 'ours') await subscribed;
      const [warmUp = { calls: 1, atOnce: 1 }] = loads;
      await call(warmUp);
      const results: Called[] = [];
      for (const load of loads) results.push(await call(load));
      return results;
    } finally {
      await red.stop();
    }
  });
}

/** The same without Node-RED: a promise around mqtt.js, as an application would have it. */
export async function makePlainCalls(answerBytes: number, loads: readonly Load[]): Promise<Called[]> {
  return withAnswerer(answerBytes, async (port) => {
    const child = fork(join(__dirname, 'plain-calls.ts'), [String(port), JSON.stringify(loads)], {
      execArgv: ['--import', 'tsx'],
    });
    const [results] = (await once(child, 'message')) as [Called[]];
    child.kill();
    return results;
  });
}

async function withAnswerer<Result>(
  answerBytes: number,
  body: (port: number, answerer: ChildProcess) => Promise<Result>,
): Promise<Result> {
  const answerer = fork(join(__dirname, 'answerer.ts'), [String(answerBytes)], { execArgv: ['--import', 'tsx'] });
  try {
    const [{ port }] = (await once(answerer, 'message')) as [{ port: number }];
    return await body(port, answerer);
  } finally {
    answerer.kill();
  }
}
