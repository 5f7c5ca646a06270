import type { GeneralizeMethod } from './time-window';

type Rec = Readonly<Record<string, unknown>>;

/**
 * Draws the records of each stretch of time together into one, at the beginning of the stretch: numbers by the method,
 * everything else by its newest value (flespi-io-js). Records come in order; the result keeps it. `undefined` is a step without a
 * record, before and after.
 */
export function* generalize(
  records: Iterable<object | undefined>,
  timeName: string,
  seconds: number,
  method: GeneralizeMethod,
): Generator<object | undefined> {
  let bucket: { begin: number; records: Rec[] } | undefined;
  for (const record of records as Iterable<Rec | undefined>) {
    yield;
    if (!record) continue;
    const begin = Math.floor(Number(record[timeName]) / seconds) * seconds;
    if (bucket && bucket.begin !== begin) {
      yield drawTogether(bucket.records, timeName, bucket.begin, method);
      bucket = undefined;
    }
    bucket ??= { begin, records: [] };
    bucket.records.push(record);
  }
  if (bucket) yield drawTogether(bucket.records, timeName, bucket.begin, method);
}

function drawTogether(records: readonly Rec[], timeName: string, begin: number, method: GeneralizeMethod): object {
  const numbers = new Map<string, number[]>();
  const result: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const record of records) {
    for (const name of Object.keys(record)) {
      const value = record[name];
      if (typeof value === 'number') {
        const list = numbers.get(name);
        if (list) list.push(value);
        else numbers.set(name, [value]);
      }
      result[name] = value;
    }
  }
  for (const [name, list] of numbers) result[name] = reduce(list, method);
  result[timeName] = begin;
  return result;
}

function reduce(list: readonly number[], method: GeneralizeMethod): number {
  if (method === 'minimum') return list.reduce((a, b) => Math.min(a, b));
  if (method === 'maximum') return list.reduce((a, b) => Math.max(a, b));
  return list.reduce((a, b) => a + b, 0) / list.length;
}
