import { compileExpression, compileWildcard, ExpressionError, isPattern } from '../../nodes/protocol/expression';
import type { CompiledExpression } from '../../nodes/protocol/expression';
import { shorten } from '../platform/check-fields';
import { badRequest } from '../platform/rejection';

/** A condition on one field: any of the values found there may fit. */
export interface Condition {
  /** Dotted: `configuration.ident`. */
  field: string;
  fits: (value: unknown) => boolean;
}

/** A selector, taken apart (flespi KB "REST selectors"). */
export type Selector =
  | { kind: 'all' }
  /** Union of the keys, intersected with the conditions; no keys means all that meet the conditions. */
  | { kind: 'list'; keys: readonly string[]; conditions: readonly Condition[] }
  | { kind: 'expression'; expression: CompiledExpression };

const number = /^\d{1,16}$/;
const condition = /^([\w.#-]+)={1,2}(.*)$/s;
/** A list of this many terms is a mistake or an attack. */
const mostTerms = 20_000;

/**
 * Reads a selector that was percent-decoded already. Keys are ids, or the names of what is keyed by name when `words` is set.
 * Throws a Rejection, for an expression with the column.
 */
export function parseSelector(text: string, { words = false } = {}): Selector {
  if (text === 'all') return { kind: 'all' };
  if (text.startsWith('{')) return { kind: 'expression', expression: parseBraces(text) };
  const terms = text.split(',');
  if (terms.length > mostTerms) throw badRequest(`selector has more than ${mostTerms} terms`);
  const keys = new Set<string>();
  const conditions: Condition[] = [];
  for (const term of terms.map((term) => term.trim())) {
    const [, field, value] = condition.exec(term) ?? [];
    if (number.test(term)) keys.add(words ? term : String(Number(term)));
    else if (field !== undefined && value !== undefined) conditions.push({ field, fits: fits(value) });
    else if (words && term !== '') keys.add(term);
    else throw badRequest(`invalid selector "${shorten(text)}"`);
  }
  return { kind: 'list', keys: [...keys], conditions };
}

function parseBraces(text: string): CompiledExpression {
  if (!text.endsWith('}')) throw badRequest('invalid selector: the closing brace is missing');
  try {
    return compileExpression(text.slice(1, -1));
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw badRequest(`invalid expression in selector: ${error.reason}`, { column: error.column });
  }
}

/** Compares as text, as the selector is text: `true`, `12`, `Andrew*`. Any element of an array may fit. */
function fits(pattern: string): (value: unknown) => boolean {
  const same = isPattern(pattern) ? compileWildcard(pattern, true) : (text: string): boolean => text === pattern;
  const fitsValue = (value: unknown): boolean => {
    if (Array.isArray(value)) return value.some(fitsValue);
    if (value === null) return same('null');
    const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return isPlain && same(String(value));
  };
  return fitsValue;
}
