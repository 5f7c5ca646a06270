import { type Bench, figure, type Figure, interleaved, ratios } from './figure';
import { makeCalls, makePlainCalls, type Called, type Load } from './mqtt/make-calls';

const loads: readonly Load[] = [
  { calls: 2000, atOnce: 1 },
  { calls: 6000, atOnce: 10 },
  { calls: 12_000, atOnce: 100 },
];
/** Core at QoS 1 waits 44 ms for each: Nagle's algorithm meets a delayed acknowledgement. */
const stalledLoads: readonly Load[] = [
  { calls: 40, atOnce: 1 },
  { calls: 300, atOnce: 10 },
  { calls: 3000, atOnce: 100 },
];

/** A small answer (0.6 kB). Ours are always published at QoS 0, because at QoS 1 a lost link could run a call twice. */
async function small(): Promise<Figure[]> {
  const results = await interleaved({
    ours: () => makeCalls('ours', 600, loads),
    core0: () => makeCalls('core0', 600, loads),
    core1: () => makeCalls('core1', 600, stalledLoads),
    plain: () => makePlainCalls(600, loads),
  });
  type Caller = keyof typeof results;
  const rates = (caller: Caller, load: number): number[] => results[caller].map((called) => rateOf(called[load]));
  const rate = (below: Caller, load: number): number[] => ratios(rates('ours', load), rates(below, load));
  const cpu = (below: Caller, load: number): number[] =>
    ratios(
      results.ours.map((called) => cpuOf(called[load])),
      results[below].map((called) => cpuOf(called[load])),
    );
  return [
    figure('RPC, 1 at a time: rate', rate('core1', 0), '>=', 30, 'times core nodes at QoS 1'),
    figure('RPC, 10 at a time: rate', rate('core1', 1), '>=', 8, 'times core nodes at QoS 1'),
    figure('RPC, 100 at a time: rate', rate('core1', 2), '>=', 1, 'times core nodes at QoS 1'),
    figure('RPC, 1 at a time: rate', rate('core0', 0), '>=', 1.3, 'times core nodes at QoS 0'),
    figure('RPC, 10 at a time: rate', rate('core0', 1), '>=', 1.35, 'times core nodes at QoS 0'),
    figure('RPC, 100 at a time: rate', rate('core0', 2), '>=', 1.7, 'times core nodes at QoS 0'),
    figure('RPC, 100 at a time: CPU per call', cpu('core0', 2), '<=', 0.6, 'of core nodes at QoS 0'),
    figure('RPC, 100 at a time: rate', rate('plain', 2), '>=', 0.8, 'of mqtt.js without Node-RED'),
  ];
}

/** Answers of many parts. */
async function chunked(): Promise<Figure[]> {
  const megabyte = 1024 * 1024;
  const one: Load[] = [{ calls: 30, atOnce: 1 }];
  const many: Load[] = [{ calls: 5, atOnce: 1 }];
  const results = await interleaved({
    ours: () => makeCalls('ours', megabyte, one),
    core0: () => makeCalls('core0', megabyte, one),
    core1: () => makeCalls('core1', megabyte, one),
    oursBig: () => makeCalls('ours', 15 * megabyte, many),
    coreBig: () => makeCalls('core0', 15 * megabyte, many),
  });
  const rates = (called: readonly Called[][]): number[] => called.map(([load]) => rateOf(load));
  const peaks = (called: readonly Called[][]): number[] => called.map(([load]) => load?.peak ?? NaN);
  const rate = (above: Called[][], below: Called[][]): number[] => ratios(rates(above), rates(below));
  const { ours, core0, core1, oursBig, coreBig } = results;
  return [
    figure('RPC, answers of 1 MB: rate', rate(ours, core1), '>=', 5, 'times core nodes at QoS 1'),
    figure('RPC, answers of 1 MB: rate', rate(ours, core0), '>=', 1.1, 'times core nodes at QoS 0'),
    figure('RPC, answers of 15 MB: rate', rate(oursBig, coreBig), '>=', 0.9, 'times core nodes at QoS 0'),
    figure('RPC, answers of 15 MB: memory', ratios(peaks(oursBig), peaks(coreBig)), '<=', 1.15, 'of core nodes'),
  ];
}

/** Calls per millisecond. */
function rateOf(called: Called | undefined): number {
  return called ? called.calls / called.wall : NaN;
}

function cpuOf(called: Called | undefined): number {
  return called ? called.cpu / called.calls : NaN;
}

const bench: Bench = { name: 'rpc', run: async () => [...(await small()), ...(await chunked())] };
export default bench;
