import { badRequest } from '../platform/rejection';
import { isObject, shorten, type JsonObject } from '../platform/check-fields';
import type { Call } from './call';
import { into, type Collection, type Read, type Row } from './collection';

/** Shows a row as the call wants it: what `fields` names, or the plain row. */
export type Show = (row: Row) => object;

interface Pick {
  /** The field that the name begins with. */
  root: string;
  /** What follows it; undefined for the whole field. */
  rest: string | undefined;
  read: Read;
}

/** Makes what shows the rows of a collection. Throws a Rejection with the valid names when one does not exist. */
export function projection(call: Call, collection: Collection): Show {
  const { fields } = call.query;
  if (!fields) return collection.plain;
  const { nestedFields } = call.platform.assumptions;
  const picks = fields.map((name) => pickOf(call, collection, name));
  return (row) => {
    const shown: Record<string, unknown> = {};
    for (const { root, rest, read } of picks) {
      const value = read(row);
      if (value === undefined) continue;
      if (rest === undefined) shown[root] = value;
      else if (nestedFields) {
        const part = partOf(value, rest);
        if (part !== undefined) shown[root] = combine(shown[root], part);
      } else shown[`${root}.${rest}`] = into(value, rest);
    }
    return shown;
  };
}

function pickOf(call: Call, collection: Collection, name: string): Pick {
  const whole = collection.field(call, name);
  if (whole) return { root: name, rest: undefined, read: whole };
  for (let dot = name.indexOf('.'); dot > 0; dot = name.indexOf('.', dot + 1)) {
    const root = name.slice(0, dot);
    const read = collection.field(call, root);
    if (read) return { root, rest: name.slice(dot + 1), read };
  }
  throw badRequest(`unknown field "${shorten(name)}"`, { hint: collection.fields ?? [] });
}

/** The part of a value that a dotted name means, in the shape that it has in the whole; an array keeps all its elements. */
function partOf(value: unknown, path: string): unknown {
  if (Array.isArray(value)) return value.map((element) => partOf(element, path) ?? {});
  if (!isObject(value)) return undefined;
  if (Object.hasOwn(value, path)) return { [path]: value[path] };
  for (let dot = path.indexOf('.'); dot > 0; dot = path.indexOf('.', dot + 1)) {
    const key = path.slice(0, dot);
    const part = Object.hasOwn(value, key) ? partOf(value[key], path.slice(dot + 1)) : undefined;
    if (part !== undefined) return { [key]: part };
  }
  return undefined;
}

/** Lays two parts of one value over each other. */
function combine(a: unknown, b: unknown): unknown {
  if (Array.isArray(a) && Array.isArray(b)) return b.map((element, index) => combine(a[index], element));
  if (!isObject(a) || !isObject(b)) return b;
  const both: JsonObject = { ...a };
  for (const key of Object.keys(b)) both[key] = combine(a[key], b[key]);
  return both;
}
