import { badRequest } from '../platform/rejection';
import { defaultAssumptions } from '../assumptions';

const quote = 0x22;
const backslash = 0x5c;

/** How deep the brackets of a JSON text go; brackets inside of strings do not count. Looks no further than `enough`. */
export function depthOf(text: string, enough: number): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < text.length && deepest <= enough; index += 1) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === backslash) index += 1;
      else if (code === quote) inString = false;
    } else if (code === quote) inString = true;
    // [ and {
    else if (code === 0x5b || code === 0x7b) deepest = Math.max(deepest, (depth += 1));
    // ] and }
    else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
  return deepest;
}

/** Parses JSON from outside. Throws a Rejection for what is no JSON or nested too deep. */
export function parseJson(text: string, name: string, deepest: number = defaultAssumptions.jsonDepth): unknown {
  if (depthOf(text, deepest) > deepest) throw badRequest(`${name} is nested more than ${deepest} levels deep`);
  try {
    // A key `__proto__` becomes an own property here, and is then an unknown field like any other.
    return JSON.parse(text) as unknown;
  } catch {
    throw badRequest(`${name} is not valid JSON`);
  }
}
