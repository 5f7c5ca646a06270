import type { Scope, Value } from '../../nodes/protocol/expression';
import { lookUp } from '../../nodes/protocol/expression';
import type { JsonObject } from '../platform/check-fields';
import type { Call } from './call';

/** One thing that a selector can pick: an item, a link, a setting. */
export type Row = object;

/** Takes a value out of a row; `undefined` when it is not there. */
export type Read = (row: Row) => unknown;

/**
 * Something a selector picks from, whatever keeps the rows. `parent` is the row that the selector before it picked.
 */
export interface Collection {
  /** The key of a row, as it stands in a selector. */
  key: (row: Row) => string;
  /** Keys are words: names, topics. */
  words?: boolean;
  /** The whole selector is one key, whatever characters it has: topics. */
  verbatim?: boolean;
  /** All rows below the parent that the caller may see, in order. */
  rows: (call: Call, parent: Row | undefined) => Iterable<Row>;
  /** How many rows there are, where that is known without walking over them. */
  size?: (call: Call, parent: Row | undefined) => number | undefined;
  /** The row with the key, if the caller may see it. */
  find: (call: Call, parent: Row | undefined, key: string) => Row | undefined;
  /** The names that `fields` may begin with; undefined when the rows differ. */
  fields: readonly string[] | undefined;
  /** Reads one named field; for the beginning of a dotted name. */
  field: (call: Call, name: string) => Read | undefined;
  /** The row as an answer shows it when `fields` names nothing. */
  plain: (row: Row) => object;
  /** Reads a dotted name in selectors, where that is more than following objects; undefined leaves it to that. */
  special?: (call: Call, name: string) => Read | undefined;
}

/** Makes the reader for a dotted name: as a field with dots, or a field and a path through what it holds. */
export function reader(call: Call, collection: Collection, name: string): Read | undefined {
  const special = collection.special?.(call, name);
  if (special) return special;
  const whole = collection.field(call, name);
  if (whole) return whole;
  for (let dot = name.indexOf('.'); dot > 0; dot = name.indexOf('.', dot + 1)) {
    const field = collection.field(call, name.slice(0, dot));
    if (!field) continue;
    const rest = name.slice(dot + 1);
    return (row) => into(field(row), rest);
  }
  return undefined;
}

/** Follows a dotted name into a value; an array stands for all its elements. */
export function into(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  // Wrapped, because the look-up starts at an object and an array is none.
  return Array.isArray(value)
    ? lookUp({ value: value as Value }, `value.${name}`)
    : lookUp(value as Record<string, Value>, name);
}

/** The rows of a collection as the parameters of an expression; made once for all rows. */
export class RowScope implements Scope {
  row: Row = {};
  readonly #readers = new Map<string, Read | undefined>();
  readonly #call: Call;
  readonly #collection: Collection;

  constructor(call: Call, collection: Collection) {
    this.#call = call;
    this.#collection = collection;
  }

  get(name: string): Value | undefined {
    let read = this.#readers.get(name);
    if (!read && !this.#readers.has(name)) {
      read = reader(this.#call, this.#collection, name);
      this.#readers.set(name, read);
    }
    return read?.(this.row) as Value | undefined;
  }
}

/** A collection over plain objects that are shown as they are. */
export function plainCollection<R extends Row>(options: {
  keyField: string;
  words?: boolean;
  fields?: readonly string[];
  /** Fields that are sent only when asked for. */
  onRequest?: readonly string[];
  rows: (call: Call, parent: Row | undefined) => Iterable<R>;
  find?: (call: Call, parent: Row | undefined, key: string) => R | undefined;
}): Collection {
  const { keyField, rows, fields, onRequest = [] } = options;
  const key = (row: Row): string => String((row as JsonObject)[keyField]);
  return {
    key,
    words: options.words ?? false,
    rows,
    find:
      options.find ??
      ((call, parent, wanted) => {
        for (const row of rows(call, parent)) if (key(row) === wanted) return row;
        return undefined;
      }),
    fields,
    field: (_call, name) => (fields && !fields.includes(name) ? undefined : (row) => ownValue(row as JsonObject, name)),
    plain: (row) =>
      onRequest.length === 0
        ? row
        : Object.fromEntries(Object.entries(row).filter(([name]) => !onRequest.includes(name))),
  };
}

export function ownValue(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
