import type { Entity, Item } from './item';

/** A whole item: the given values, and the defaults of its entity for the others. */
export function newItem(entity: Entity, id: number, cid: number, values: Readonly<Record<string, unknown>>): Item {
  const item = {} as Item;
  for (const [name, field] of Object.entries(entity.fields)) {
    if (name === 'id' || name === 'cid') item[name] = name === 'id' ? id : cid;
    else if (Object.hasOwn(values, name)) item[name] = values[name];
    else if (field.default !== undefined) item[name] = copyOf(field.default);
  }
  return item;
}

/** Defaults are shared by all items and their objects must not be. */
function copyOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? structuredClone(value) : value;
}
