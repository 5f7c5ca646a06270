import { compileExpression, ExpressionError } from './expression';
import { selectorText, type Selector } from './selector';

/**
 * True when the selector takes every item, however it is spelled: `all`, `id=*`, `{true}`, `{id > 0}`, a list with `all` in it.
 * For the guard before writes, so it errs on the side of yes.
 */
export function selectsAll(selector: Selector): boolean {
  return textSelectsAll(selectorText(selector));
}

/** The same for a selector in flespi's own words. */
export function textSelectsAll(text: string): boolean {
  const trimmed = text.trim();
  if (trimmed.startsWith('{')) return holdsForEverything(trimmed.slice(1, trimmed.endsWith('}') ? -1 : undefined));
  const terms = trimmed.split(',').map((term) => term.trim());
  // Ids and words add up, conditions cut down: one `all` among words is enough, but every condition must be empty.
  return terms.some((term) => term.toLowerCase() === 'all') || terms.every((term) => /^[^=]+==?\s*\*+$/.test(term));
}

/**
 * Items that have little in common. An expression that takes all of them says nothing about what it selects, or nothing that
 * would keep an item back.
 */
const strangers: Record<string, string | number | boolean>[] = [
  { id: 1, name: 'a', cid: 1, enabled: true },
  { id: 7919, name: 'Zq 7', cid: 104_729, enabled: false },
  { id: 2 ** 31 + 11, name: '*', cid: 2 ** 31 + 11, enabled: true },
  { id: Number.MAX_SAFE_INTEGER, name: '~ 0 ~', cid: Number.MAX_SAFE_INTEGER, enabled: false },
];

function holdsForEverything(expression: string): boolean {
  try {
    const { test } = compileExpression(expression);
    return strangers.every((item) => test(item));
  } catch (error) {
    // What cannot be read here is for flespi to refuse.
    if (error instanceof ExpressionError) return false;
    throw error;
  }
}
