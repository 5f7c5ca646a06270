/** One measured promise. */
export interface Figure {
  name: string;
  /** Ratio, megabytes, or a count; the note says which. */
  value: number;
  /** For people, e.g. `>= 3.5`. */
  target: string;
  ok: boolean;
  note: string;
}

export interface Bench {
  name: string;
  run(): Promise<Figure[]>;
}

export interface Spread {
  median: number;
  min: number;
  max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
  return { median, min: sorted[0] ?? NaN, max: sorted.at(-1) ?? NaN };
}

/** A promise about a spread: the median counts, the note shows all of it. */
export function figure(
  name: string,
  values: readonly number[],
  compare: '<=' | '>=',
  target: number,
  what: string,
): Figure {
  const { median, min, max } = spreadOf(values);
  return {
    name,
    value: rounded(median),
    target: `${compare} ${target}`,
    ok: compare === '<=' ? median <= target : median >= target,
    note: `${what}, ${rounded(median)} [${rounded(min)}..${rounded(max)}] of ${values.length}`,
  };
}

/** A promise about one number that must not be more than it may. */
export function count(name: string, value: number, most: number, note: string): Figure {
  return { name, value, target: `<= ${most}`, ok: value <= most, note };
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

/** How often each variant runs. */
export const rounds = Number(process.env['BENCH_ROUNDS'] ?? 5);

/**
 * Runs every variant once in each round, beginning with another one each time, so that what the machine does meanwhile
 * hits all of them alike. Returns the results by variant, in the order of the rounds.
 */
export async function interleaved<Variant extends string, Result>(
  variants: Readonly<Record<Variant, () => Promise<Result>>>,
  times = rounds,
): Promise<Record<Variant, Result[]>> {
  const names = Object.keys(variants) as Variant[];
  const results = Object.fromEntries(names.map((name) => [name, [] as Result[]])) as Record<Variant, Result[]>;
  for (let round = 0; round < times; round += 1) {
    for (let step = 0; step < names.length; step += 1) {
      const name = names[(round + step) % names.length] as Variant;
      results[name].push(await variants[name]());
    }
  }
  return results;
}

/** Ratios formed round by round. */
export function ratios(above: readonly number[], below: readonly number[]): number[] {
  return above.map((value, round) => value / (below[round] ?? NaN));
}
