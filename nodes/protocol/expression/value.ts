/** What an expression works on and gives back: any JSON value (flespi KB "Expressions in flespi"). */
export type Value = number | string | boolean | null | JsonArray | JsonObject;
export type JsonArray = readonly Value[];
export interface JsonObject {
  readonly [name: string]: Value;
}

/** The type words that messages use; an array or an object is `json`. */
export type ValueType = 'number' | 'string' | 'boolean' | 'null' | 'json';

export function typeOf(value: Value): ValueType {
  switch (typeof value) {
    case 'number':
      return 'number';
    case 'string':
      return 'string';
    case 'boolean':
      return 'boolean';
    default:
      return value === null ? 'null' : 'json';
  }
}

/**
 * The number that operators see: `null` and `false` are 0, `true` is 1 (flespi forum, analytics changelog).
 * `undefined` for text and JSON, which have none.
 */
export function asNumber(value: Value): number | undefined {
  if (typeof value === 'number') return value;
  if (value === null || value === false) return 0;
  return value === true ? 1 : undefined;
}

// As a table of shapes rather than Number(): that would also take "", "0b1", "Infinity" and " ".
const numberText = /^\s*[+-]?(?:0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*$/;

/** Reads a number out of text: decimal, fraction, exponent or hex, with a sign. `undefined` when the text is not one. */
export function parseNumber(text: string): number | undefined {
  if (!numberText.test(text)) return undefined;
  const trimmed = text.trim();
  const negative = trimmed.startsWith('-');
  const size = Number(negative || trimmed.startsWith('+') ? trimmed.slice(1) : trimmed);
  if (!Number.isFinite(size)) return undefined;
  return negative ? -size : size;
}
