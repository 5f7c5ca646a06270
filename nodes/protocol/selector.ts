import { checkExpression } from './check-expression';
import { FlespiError } from './flespi-error';

/** Which items one level of a path addresses (flespi: "REST selectors"). */
export type Selector =
  | { kind: 'all' }
  | { kind: 'ids'; ids: readonly (number | string)[] }
  | { kind: 'field'; field: string; value: string }
  | { kind: 'group'; id: number | string }
  | { kind: 'expression'; expression: string }
  | { kind: 'raw'; text: string };

/** Longest selector in bytes, encoded; what servers commonly take in one line is twice that. */
export const longestSelector = 8192;

const fieldName = /^[\p{L}_][\p{L}\p{N}_#-]*(\.[\p{L}\p{N}_#-]+)*$/u;
/** Ids are numbers; names (of telemetry parameters, settings, topics) stand in the same place. */
const listSyntax = /[,{}=]/;
const controlCharacter = /\p{Cc}/u;

/**
 * The selector as one percent-encoded path segment. What it holds is data: no `/`, `?`, `#` or `..` in it can end the
 * segment or leave it. Throws FLESPI_BAD_SELECTOR, or FLESPI_BAD_EXPRESSION with the column.
 *
 * @example
 * encodeSelector({ kind: 'field', field: 'name', value: 'Van *' }); // 'name=Van%20*'
 */
export function encodeSelector(selector: Selector): string {
  return encodeSegment(selectorText(selector));
}

/** The selector in flespi's own words, not yet encoded. Throws like `encodeSelector`. */
export function selectorText(selector: Selector): string {
  switch (selector.kind) {
    case 'all':
      return 'all';
    case 'ids':
      if (selector.ids.length === 0) throw bad('empty');
      return selector.ids.map((id) => idText(id)).join(',');
    case 'group':
      return `groups.id=${groupId(selector.id)}`;
    case 'field':
      return fieldText(selector.field, selector.value);
    case 'expression':
      return expressionText(selector.expression);
  }
  return selector.text;
}

/** Any text as one path segment, encoded once. */
export function encodeSegment(text: string): string {
  if (text.trim() === '') throw bad('empty');
  if (controlCharacter.test(text)) throw bad('control-character', text);
  if (isDots(text)) throw bad('leaves-path', text);
  let encoded: string;
  try {
    encoded = encodeURIComponent(text);
  } catch (cause) {
    throw bad('half-character', '', cause);
  }
  // The documents print lists and field conditions with these two as they are.
  encoded = encoded.replaceAll('%2C', ',').replaceAll('%3D', '=');
  if (encoded.length > longestSelector) throw bad('too-long', text, undefined, { limit: longestSelector });
  return encoded;
}

/** `.` and `..` in any number of percent-encodings: a proxy on the way may decode once more than it should. */
function isDots(text: string): boolean {
  const decoded = text.replaceAll(/%(?:25)*2e/gi, '.').trim();
  return decoded === '.' || decoded === '..';
}

function idText(id: number | string): string {
  if (typeof id === 'number') {
    if (!Number.isSafeInteger(id) || id < 0) throw bad('not-an-id', String(id));
    return String(id);
  }
  const text = id.trim();
  if (text === '') throw bad('empty');
  if (listSyntax.test(text)) throw bad('not-an-id', text);
  return text;
}

function groupId(id: number | string): string {
  const text = String(id).trim();
  if (text === '') throw bad('empty');
  if (!/^\d+$/.test(text)) throw bad('not-an-id', text);
  return text;
}

/**
 * `field=value`. `*` and `?` in the value are flespi's wildcards. A value that holds what this form has no way to quote
 * (the comma of lists, braces, a leading `=`, spaces at its ends) moves into an expression, where text can be quoted.
 */
function fieldText(field: string, value: string): string {
  const name = field.trim();
  if (name === '') throw bad('no-field');
  if (!fieldName.test(name)) throw bad('bad-field', name);
  if (value.trim() === '') throw bad('empty-value', name);
  if (!/[,{}"'\\]|^=|^\s|\s$/.test(value)) return `${name}=${value}`;
  if (name.includes('-')) throw bad('unquotable', value);
  return `{${name}=="${value.replaceAll(/[\\"]/g, '\\$&')}"}`;
}

function expressionText(expression: string): string {
  const trimmed = expression.trim();
  const inner = trimmed.startsWith('{') && trimmed.endsWith('}') ? trimmed.slice(1, -1) : trimmed;
  if (inner.trim() === '') throw bad('empty');
  checkExpression(inner, 'selector');
  return `{${inner}}`;
}

/**
 * Makes a selector of what a typed input gave. `field` names the item field when the kind is `field`. With the kind
 * `raw`, numbers and lists of numbers are ids, and text is whatever its own form says: `all`, `1,2`, `name=Van*`, `{...}`.
 * Throws FLESPI_BAD_SELECTOR.
 */
export function selectorOf(kind: Selector['kind'], value: unknown, field?: string): Selector {
  switch (kind) {
    case 'all':
      return { kind };
    case 'ids':
      return { kind, ids: idsOf(value) };
    case 'group': {
      const [id, ...more] = idsOf(value);
      if (id === undefined || more.length > 0) throw bad('one-group', describe(value));
      return { kind, id };
    }
    case 'field':
      if (isFieldCondition(value)) return { kind, field: value.field, value: scalarText(value.value) };
      return { kind, field: field ?? '', value: scalarText(value) };
    case 'expression':
      if (typeof value !== 'string') throw bad('not-text', describe(value));
      return { kind, expression: value };
  }
  return rawOf(value);
}

function rawOf(value: unknown): Selector {
  if (typeof value === 'number' || Array.isArray(value)) return { kind: 'ids', ids: idsOf(value) };
  if (typeof value !== 'string') throw bad(isNothing(value) ? 'empty' : 'not-text', describe(value));
  const text = value.trim();
  if (text === '') throw bad('empty');
  if (text === 'all') return { kind: 'all' };
  if (/^\d+(\s*,\s*\d+)*$/.test(text)) return { kind: 'ids', ids: text.split(/\s*,\s*/) };
  if (text.startsWith('{') && text.endsWith('}')) return { kind: 'expression', expression: text };
  return { kind: 'raw', text };
}

function idsOf(value: unknown): (number | string)[] {
  if (isNothing(value)) throw bad('empty');
  const list: unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [value];
  if (list.length === 0) throw bad('empty');
  return list.map((entry) => {
    // Lists of items, as our own answers have them, stand for their ids.
    const id = isItem(entry) ? entry.id : entry;
    if (typeof id !== 'number' && typeof id !== 'string') throw bad('not-an-id', describe(entry));
    return typeof id === 'string' ? id.trim() : id;
  });
}

function scalarText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return String(value);
  throw bad(isNothing(value) ? 'empty' : 'not-text', describe(value));
}

function isFieldCondition(value: unknown): value is { field: string; value: unknown } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'value' in value &&
    'field' in value &&
    typeof value.field === 'string'
  );
}

function isItem(value: unknown): value is { id: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && 'id' in value;
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value === null) return 'null';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'number' || typeof value === 'boolean' ? `${value}` : typeof value;
}

/** Selectors stand in error texts; a long one must not flood them. */
function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** What can be wrong with a selector; the catalogue has a phrase for each. */
export type SelectorProblem =
  | 'empty'
  | 'empty-value'
  | 'no-field'
  | 'bad-field'
  | 'not-an-id'
  | 'one-group'
  | 'not-text'
  | 'unquotable'
  | 'leaves-path'
  | 'control-character'
  | 'half-character'
  | 'too-long';

function bad(problem: SelectorProblem, selector = '', cause?: unknown, more: Record<string, number> = {}): FlespiError {
  return new FlespiError('FLESPI_BAD_SELECTOR', {
    attempted: 'selector',
    params: { problem, selector: shorten(selector), ...more },
    cause,
  });
}
