/**
 * Chance that can be asked again: everything the fleet does follows from `hash(seed, device, day, ...)`, so that any moment
 * of any vehicle can be worked out alone, in any order, with the same result.
 */

/** Mixes whole numbers into one of 32 bits, without sign. The mixing steps are those of MurmurHash3 (public domain). */
export function hash(...keys: readonly number[]): number {
  let mixed = 0x9e3779b9;
  for (const key of keys) {
    let part = Math.imul(key | 0, 0xcc9e2d51);
    part = Math.imul((part << 15) | (part >>> 17), 0x1b873593);
    mixed ^= part;
    mixed = (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
  }
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** A number from 0 up to but not including 1 that belongs to these keys. */
export function fraction(...keys: readonly number[]): number {
  return hash(...keys) / 4_294_967_296;
}

/** A number from `low` up to `high` that belongs to these keys. */
export function between(low: number, high: number, ...keys: readonly number[]): number {
  return low + (high - low) * fraction(...keys);
}

/** One of the entries, by these keys. */
export function pick<Entry>(entries: readonly Entry[], ...keys: readonly number[]): Entry {
  return at(entries, Math.floor(fraction(...keys) * entries.length));
}

/** The entry at an index that is known to be inside, or round the list again. */
export function at<Entry>(entries: readonly Entry[], index: number): Entry {
  const entry = entries[index % entries.length];
  if (entry === undefined) throw new RangeError(`Expected an entry at ${index} of ${entries.length}`);
  return entry;
}

/** Numbers from 0 up to but not including 1, one after the other; the same for the same seed (mulberry32, public domain). */
export function sequence(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A curve between 0 and 1 that bends gently, with a new height at every whole `x`. */
export function curve(key: number, x: number): number {
  const left = Math.floor(x);
  const way = x - left;
  const smooth = way * way * (3 - 2 * way);
  return fraction(key, left) * (1 - smooth) + fraction(key, left + 1) * smooth;
}
