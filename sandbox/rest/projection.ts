import { badRequest } from '../platform/rejection';
import { shorten } from '../platform/check-fields';
import type { Call } from './call';
import { into, ownValue, type Collection, type Read, type Row } from './collection';

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
      else put(shown, root, rest, value, nestedFields);
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

/** Puts the part of a field that a dotted name means, in the shape that it has in the whole field. */
function put(shown: Record<string, unknown>, root: string, rest: string, value: unknown, nested: boolean): void {
  const part = into(value, rest);
  if (part === undefined) return;
  if (!nested) {
    shown[`${root}.${rest}`] = part;
    return;
  }
  if (Array.isArray(value)) {
    // An array of objects keeps its shape, each element with that member only.
    shown[root] = value.map((element) => merge({}, element, rest));
    return;
  }
  shown[root] = merge(typeof shown[root] === 'object' && shown[root] !== null ? shown[root] : {}, value, rest);
}

/** Copies what lies at the path from one object to the other: a key with dots as one key, else level by level. */
function merge(onto: object, from: unknown, path: string): object {
  if (typeof from !== 'object' || from === null) return onto;
  const source = from as Record<string, unknown>;
  const target = onto as Record<string, unknown>;
  if (Object.hasOwn(source, path)) return { ...target, [path]: source[path] };
  for (let dot = path.indexOf('.'); dot > 0; dot = path.indexOf('.', dot + 1)) {
    const key = path.slice(0, dot);
    const inner = ownValue(source, key);
    if (typeof inner !== 'object' || inner === null) continue;
    const known = ownValue(target, key);
    return {
      ...target,
      [key]: merge(typeof known === 'object' && known !== null ? known : {}, inner, path.slice(dot + 1)),
    };
  }
  return target;
}
