import { type Bench, figure, type Figure, interleaved, ratios } from './figure';
import { pourInto, type Poured, type PourOptions } from './mqtt/pour';

const one = { subscriptions: 1, protocolVersion: 5, messages: 150_000 } as const;
const many = { subscriptions: 200, protocolVersion: 5, messages: 150_000 } as const;
/** Core matches each message with 200 regular expressions, made anew each time. */
const manyOld = { subscriptions: 200, protocolVersion: 4, messages: 20_000 } as const;

const rates = (measures: readonly Poured[]): number[] => measures.map(({ messages, wall }) => messages / wall);
const cpus = (measures: readonly Poured[]): number[] => measures.map(({ messages, cpu }) => cpu / messages);

/** JSON messages of 800 bytes, from a hose into a counting node; beside core's `mqtt in` with parsed JSON. */
async function run(): Promise<Figure[]> {
  const pour = (node: 'ours' | 'core', options: Omit<PourOptions, 'node'>) => (): Promise<Poured> =>
    pourInto({ ...options, node });
  const results = await interleaved({
    ours0: pour('ours', { ...one, qos: 0 }),
    core0: pour('core', { ...one, qos: 0 }),
    ours1: pour('ours', { ...one, qos: 1 }),
    core1: pour('core', { ...one, qos: 1 }),
    batches: pour('ours', { ...one, qos: 0, more: { output: 'batch', batchCount: '100', batchMilliseconds: '1000' } }),
    ours200: pour('ours', { ...many, qos: 0 }),
    core200: pour('core', { ...many, qos: 0 }),
    ours200old: pour('ours', { ...manyOld, qos: 0 }),
    core200old: pour('core', { ...manyOld, qos: 0 }),
  });
  const rate = (above: keyof typeof results, below: keyof typeof results): number[] =>
    ratios(rates(results[above]), rates(results[below]));
  const cpu = (above: keyof typeof results, below: keyof typeof results): number[] =>
    ratios(cpus(results[above]), cpus(results[below]));
  return [
    figure('QoS 0, one subscription: rate', rate('ours0', 'core0'), '>=', 1.4, "times core's mqtt in"),
    figure('QoS 0, one subscription: CPU per message', cpu('ours0', 'core0'), '<=', 0.7, "of core's mqtt in"),
    figure('QoS 1, one subscription: rate', rate('ours1', 'core1'), '>=', 1.55, "times core's mqtt in"),
    figure('QoS 1, one subscription: CPU per message', cpu('ours1', 'core1'), '<=', 0.66, "of core's mqtt in"),
    figure('QoS 0, batches of 100: rate', rate('batches', 'core0'), '>=', 1.7, "times core's mqtt in"),
    figure('200 subscriptions, MQTT 5: rate', rate('ours200', 'core200'), '>=', 1.85, "times core's mqtt in"),
    figure('200 subscriptions, MQTT 3.1.1: rate', rate('ours200old', 'core200old'), '>=', 10, "times core's mqtt in"),
    figure('200 subscriptions, MQTT 5: our rate', rate('ours200', 'ours0'), '>=', 0.9, 'of our rate with one'),
  ];
}

const bench: Bench = { name: 'subscribe', run };
export default bench;
