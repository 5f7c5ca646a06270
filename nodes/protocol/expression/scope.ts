import type { JsonObject, Value } from './value';

/**
 * Where an expression finds its parameters. `get` gives `undefined` for a name that is missing; a value of null is not
 * missing. Implement it where parameters are computed, e.g. telemetry; a plain JSON object does as well.
 */
export interface Scope {
  get(name: string): Value | undefined;
  /** For `exists()`, where knowing is cheaper than fetching. Left out: `get(name) !== undefined`. */
  has?(name: string): boolean;
}

/** Names are short; a longer one is missing, so that no text from outside decides how deep looking up goes. */
export const longestName = 256;

/** A scope over a JSON object, by {@link lookUp}. */
export function scopeOf(object: JsonObject): Scope {
  return { get: (name) => lookUp(object, name) };
}

export function isScope(value: Scope | JsonObject): value is Scope {
  return typeof value.get === 'function';
}

export function read(scope: Scope | JsonObject, name: string): Value | undefined {
  return isScope(scope) ? scope.get(name) : lookUp(scope, name);
}

export function exists(scope: Scope | JsonObject, name: string): boolean {
  if (isScope(scope) && scope.has) return scope.has(name);
  return read(scope, name) !== undefined;
}

/**
 * Finds a dotted name in an object: first as one key with its dots (messages are flat), then as a path through objects,
 * where each part may again be a key with dots (`telemetry.position.speed`). An array on the way stands for all its
 * elements, as in `groups.id`, and the result is the array of what they hold. Own keys only: what every object inherits,
 * such as `constructor`, is missing unless the data itself has it.
 */
export function lookUp(object: JsonObject, name: string): Value | undefined {
  if (Object.hasOwn(object, name)) return object[name];
  if (name.length > longestName) return undefined;
  // Each key is visited at most once, as its path spells a different beginning of the name.
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    const key = name.slice(0, dot);
    if (!Object.hasOwn(object, key)) continue;
    const found = lookInto(object[key], name.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

function lookInto(value: Value | undefined, rest: string): Value | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!Array.isArray(value)) return lookUp(value as JsonObject, rest);
  const found: Value[] = [];
  for (const element of value as readonly Value[]) {
    // Arrays in arrays are no neighbours, and how deep they go is up to the data.
    const part = Array.isArray(element) ? undefined : lookInto(element, rest);
    if (Array.isArray(part)) for (const inner of part as readonly Value[]) found.push(inner);
    else if (part !== undefined) found.push(part);
  }
  return found.length > 0 ? found : undefined;
}

/**
 * What `value[index]` takes out: an element by number, a member by name, or anything by JSON pointer (`'/0/id'`). `null` when
 * there is nothing (flespi forum, analytics changelog).
 */
export function member(value: Value, index: Value): Value {
  const direct = step(value, index);
  if (direct !== undefined) return direct;
  if (typeof index !== 'string' || !index.startsWith('/')) return null;
  let current: Value | undefined = value;
  for (const part of index.slice(1).split('/')) {
    current = step(current, part.replaceAll('~1', '/').replaceAll('~0', '~'));
    if (current === undefined) return null;
  }
  return current;
}

const elementNumber = /^(?:0|[1-9]\d{0,9})$/;

function step(value: Value, index: Value): Value | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) {
    const at = typeof index === 'string' && elementNumber.test(index) ? Number(index) : index;
    return typeof at === 'number' ? (value as readonly Value[])[at] : undefined;
  }
  const key = typeof index === 'number' ? String(index) : index;
  return typeof key === 'string' && Object.hasOwn(value, key) ? (value as JsonObject)[key] : undefined;
}
