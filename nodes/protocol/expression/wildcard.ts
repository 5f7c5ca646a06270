/** Longest pattern with `*` or `?`; together with the search below it bounds the time a match can take. */
export const longestPattern = 4096;

/** True when `*` (any run of characters) or `?` (exactly one) occurs in the text. */
export function isPattern(text: string): boolean {
  return text.includes('*') || text.includes('?');
}

export type TextTest = (text: string) => boolean;

/**
 * Makes the test for a pattern with `*` and `?`. Its time grows linearly with the text, by a factor that
 * {@link longestPattern} bounds: the runs
 * between the stars are looked for one after the other, each from where the one before ended, never going back. (Taking
 * the leftmost place for each leaves the most room for the rest, so there is nothing to go back for.)
 */
export function compileWildcard(pattern: string, caseSensitive: boolean): TextTest {
  const runs = (caseSensitive ? pattern : pattern.toLowerCase()).split('*');
  const first = runs[0] as string;
  const last = runs[runs.length - 1] as string;
  const middle = runs.slice(1, -1).filter((run) => run !== '');
  const searches = middle.map((run) => (run.includes('?') ? searchWithGaps(run) : searchFor(run)));

  return (original) => {
    const text = caseSensitive ? original : original.toLowerCase();
    if (runs.length === 1) return text.length === first.length && standsAt(text, 0, first);
    if (text.length < first.length + last.length) return false;
    if (!standsAt(text, 0, first) || !standsAt(text, text.length - last.length, last)) return false;
    const end = text.length - last.length;
    let from = first.length;
    for (const search of searches) {
      from = search(text, from, end);
      if (from < 0) return false;
    }
    return true;
  };
}

/** Finds a run in `text[from, end)` and returns where it ends, or -1. */
type Search = (text: string, from: number, end: number) => number;

function standsAt(text: string, at: number, run: string): boolean {
  for (let index = 0; index < run.length; index += 1) {
    if (run[index] !== '?' && run[index] !== text[at + index]) return false;
  }
  return true;
}

function searchFor(run: string): Search {
  return (text, from, end) => {
    const at = text.indexOf(run, from);
    return at < 0 || at + run.length > end ? -1 : at + run.length;
  };
}

/** Shift-and: one bit for each prefix of the run that ends at the current character, so no character is read twice. */
function searchWithGaps(run: string): Search {
  const words = Math.ceil(run.length / 32);
  const gaps = new Uint32Array(words);
  const masks = new Map<string, Uint32Array>();
  for (let index = 0; index < run.length; index += 1) {
    const character = run[index] as string;
    if (character === '?') setBit(gaps, index);
    else if (!masks.has(character)) masks.set(character, new Uint32Array(words));
  }
  for (let index = 0; index < run.length; index += 1) {
    for (const [character, mask] of masks) {
      if (run[index] === character || run[index] === '?') setBit(mask, index);
    }
  }
  const lastWord = words - 1;
  const lastBit = 1 << ((run.length - 1) & 31);
  return (text, from, end) => {
    const state = new Uint32Array(words);
    for (let at = from; at < end; at += 1) {
      const mask = masks.get(text[at] as string) ?? gaps;
      let carry = 1;
      for (let word = 0; word < words; word += 1) {
        const before = state[word] as number;
        state[word] = ((before << 1) | carry) & (mask[word] as number);
        carry = before >>> 31;
      }
      if (((state[lastWord] as number) & lastBit) !== 0) return at + 1;
    }
    return -1;
  };
}

function setBit(bits: Uint32Array, index: number): void {
  bits[index >> 5] = (bits[index >> 5] as number) | (1 << (index & 31));
}
