import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { CallSpec } from '../../nodes/protocol/call';
import { HttpTransport } from '../../nodes/protocol/http-transport';
import { Pace } from '../../nodes/protocol/pace';
import { RetryBudget } from '../../nodes/protocol/retry';
import { runCall } from '../../nodes/protocol/run-call';
import { startNodeRed, type NodeRedProcess } from '../servers/node-red';
import { type Bench, figure, type Figure, interleaved, ratios, rounds } from './figure';
import { changeLoop, functionLoop, ours, sends, type Target } from './rest/flows';

interface Measures {
  items: number;
  /** Milliseconds. */
  wall: number;
  cpu: number;
  /** Bytes. */
  peak: number;
}

const here = join(__dirname, 'rest');

/** Everything that was started, to be ended in reverse order. */
class Stage {
  readonly #ends: (() => Promise<void> | void)[] = [];

  async server(settings: { items: number; page: number; latency?: number; failEvery?: number }): Promise<Server> {
    const child = this.#fork('page-server.ts', [JSON.stringify({ latency: 0, failEvery: 0, ...settings })]);
    const { port } = await told<{ port: number }>(child);
    return {
      origin: `http://127.0.0.1:${port}`,
      page: settings.page,
      requests: async () => {
        child.send('count');
        return (await told<{ requests: number }>(child)).requests;
      },
    };
  }

  async undici({ origin, page }: Target): Promise<() => Promise<Measures>> {
    const child = this.#fork('undici-sequential.ts', [origin, String(page), '/gw/devices/all']);
    await told(child);
    const run = async (): Promise<Measures> => {
      child.send('run');
      return told<Measures>(child);
    };
    for (let time = 0; time < 3; time += 1) await run();
    return run;
  }

  /** A headless Node-RED with one flow; a call runs it once. The first runs warm it up and are not counted. */
  async nodeRed(flows: object[], warm = true): Promise<() => Promise<Measures>> {
    const red: NodeRedProcess = await startNodeRed({
      flows,
      credentials: { account: { token: 'bench' } },
      settings: { nodesDir: [process.env['BENCH_DIST'], join(here, 'nodes')] },
    });
    this.#ends.push(() => red.stop());
    const run = async (): Promise<Measures> => {
      const response = await fetch(`${red.url}/bench/run`, { method: 'POST' });
      if (!response.ok) throw new Error(`${await response.text()}\n${red.log()}`);
      return (await response.json()) as Measures;
    };
    for (let time = 0; warm && time < 3; time += 1) await run();
    return run;
  }

  async end(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
  }

  #fork(file: string, args: string[]): ChildProcess {
    const child = fork(join(here, file), args, { execArgv: ['--import', 'tsx'] });
    this.#ends.push(() => void child.kill());
    return child;
  }
}

interface Server extends Target {
  /** How many came since it was last asked. */
  requests: () => Promise<number>;
}

async function told<T>(child: ChildProcess): Promise<T> {
  const [message] = (await once(child, 'message')) as [T];
  return message;
}

async function withStage<T>(body: (stage: Stage) => Promise<T>): Promise<T> {
  const stage = new Stage();
  try {
    return await body(stage);
  } finally {
    await stage.end();
  }
}

const walls = (measures: readonly Measures[]): number[] => measures.map(({ wall }) => wall);
const cpus = (measures: readonly Measures[]): number[] => measures.map(({ cpu }) => cpu);

/** 10,000 devices, pages of 100, 20 ms for each answer, into one array. */
function latency(): Promise<Figure[]> {
  return withStage(async (stage) => {
    const server = await stage.server({ items: 10_000, page: 100, latency: 20 });
    const results = await interleaved({
      ours: await stage.nodeRed(ours(server, 'array')),
      onePage: await stage.nodeRed(ours(server, 'array', { inFlight: '1' })),
      undici: await stage.undici(server),
      functions: await stage.nodeRed(functionLoop(server)),
      changes: await stage.nodeRed(changeLoop(server)),
    });
    complete(results, 10_000);
    const own = walls(results.ours);
    const title = '10,000 items, pages of 100, 20 ms, one array: ';
    return [
      figure(
        `${title}against undici, one page at a time`,
        ratios(walls(results.undici), own),
        '>=',
        3.5,
        'times faster',
      ),
      figure(
        `${title}against ourselves, one page at a time`,
        ratios(walls(results.onePage), own),
        '>=',
        3.5,
        'times faster',
      ),
      figure(`${title}against the best core loop`, ratios(walls(results.functions), own), '>=', 3.5, 'times faster'),
      figure(`${title}against the usual core loop`, ratios(walls(results.changes), own), '>=', 4.5, 'times faster'),
    ];
  });
}

/** 100,000 devices, pages of 1,000, no latency: what it costs. */
function cost(): Promise<Figure[]> {
  return withStage(async (stage) => {
    const server = await stage.server({ items: 100_000, page: 1000 });
    const variants = {
      pages: await stage.nodeRed(ours(server, 'pages')),
      items: await stage.nodeRed(ours(server, 'items')),
      sends: await stage.nodeRed(sends(100_000)),
      undici: await stage.undici(server),
    };
    // Short runs, and ratios of CPU times: the machine's own noise needs more rounds to even out.
    const results = await interleaved(variants, rounds + 4);
    complete(results, 100_000);
    const pages = cpus(results.pages);
    const beyondSends = cpus(results.items).map((cpu, round) => cpu - (cpus(results.sends)[round] ?? 0));
    const title = '100,000 items, pages of 1,000: ';
    return [
      figure(
        `${title}CPU of a message per page`,
        ratios(pages, cpus(results.undici)),
        '<=',
        0.75,
        'of undici collecting, one page at a time',
      ),
      figure(
        `${title}CPU of a message per item, sends taken off`,
        ratios(beyondSends, pages),
        '<=',
        1.3,
        'of a message per page',
      ),
    ];
  });
}

/** The same from a cold start, as a Raspberry Pi would meet it. */
function memory(): Promise<Figure[]> {
  return withStage(async (stage) => {
    const server = await stage.server({ items: 100_000, page: 1000 });
    const peaks: number[] = [];
    for (let round = 0; round < Math.min(3, rounds); round += 1) {
      await withStage(async (cold) => {
        const run = await cold.nodeRed(ours(server, 'pages'), false);
        peaks.push((await run()).peak / 2 ** 20);
      });
    }
    return [figure('100,000 items, a message per page: peak memory, cold', peaks, '<=', 200, 'MiB, Node-RED included')];
  });
}

/** Answers that fail now and then, and answers that all fail. */
function failures(): Promise<Figure[]> {
  return withStage(async (stage) => {
    const server = await stage.server({ items: 100_000, page: 1000, failEvery: 100 });
    const outage = await stage.server({ items: 1000, page: 1000, failEvery: 1 });
    const spec: CallSpec = {
      method: 'GET',
      template: 'gw/devices/:devices',
      selectors: [{ kind: 'all' }],
      limit: 1000,
      most: 1_000_000,
      results: 'pages',
    };
    const { signal } = new AbortController();

    const shares: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await withTransport(server.origin, async (transport) => {
        const ids = new Set<number>();
        const shared = { signal, pace: new Pace(), retry: new RetryBudget() };
        for await (const { payload } of runCall(spec, transport, shared))
          for (const { id } of payload as { id: number }[]) ids.add(id);
        if (ids.size !== 100_000) throw new Error(`${ids.size} items instead of 100,000`);
        shares.push((await server.requests()) / 100);
      });
    }

    const loads: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await withTransport(outage.origin, async (transport) => {
        const shared = { signal, pace: new Pace(), retry: new RetryBudget() };
        const calls = 500;
        for (let call = 0; call < calls; call += 1) {
          const outputs = runCall({ ...spec, results: 'page' }, transport, shared);
          await outputs.next().then(
            () => Promise.reject(new Error('the outage has answered')),
            () => undefined,
          );
        }
        loads.push((100 * ((await outage.requests()) - calls)) / calls);
      });
    }
    return [
      figure('100,000 items, 1 % of answers 503: the exact set, requests', shares, '<=', 1.05, 'requests per page'),
      figure('every answer 503: extra load', loads, '<=', 10, '% of the calls'),
    ];
  });
}

async function withTransport(origin: string, body: (transport: HttpTransport) => Promise<void>): Promise<void> {
  const transport = new HttpTransport({ origin, token: () => 'bench', proxy: false });
  try {
    await body(transport);
  } finally {
    await transport.close();
  }
}

/** A variant that lost something has not done the work that it was measured for. */
function complete(results: Readonly<Record<string, Measures[]>>, wanted: number): void {
  for (const [name, measures] of Object.entries(results)) {
    const wrong = measures.find(({ items }) => items !== wanted);
    if (wrong) throw new Error(`${name} has read ${wrong.items} items instead of ${wanted}`);
  }
}

const bench: Bench = {
  name: 'rest-paging',
  run: async () => [...(await latency()), ...(await cost()), ...(await memory()), ...(await failures())],
};
export default bench;
