import type { Page } from './pages';

/**
 * A walk needs fields that tell items apart. When the author asks for fields without them they are asked for all the
 * same, and taken out of the items again.
 */
export function withKeys(
  fields: readonly string[],
  keys: readonly string[],
): { fields: readonly string[]; hidden: string[] } {
  if (fields.length === 0) return { fields, hidden: [] };
  const hidden = keys.filter((key) => !fields.includes(key));
  return { fields: [...fields, ...hidden], hidden };
}

/** The same pages, with fields taken out of their items. */
export async function* without(pages: AsyncGenerator<Page>, hidden: readonly string[]): AsyncGenerator<Page> {
  for await (const page of pages) {
    for (const item of page.items) {
      if (typeof item !== 'object' || item === null) continue;
      for (const key of hidden) delete (item as Record<string, unknown>)[key];
    }
    yield page;
  }
}

/** Reads what tells an item from the others: one field, or several together; nothing when any of them is missing. */
export function keyReader(keys: readonly string[]): (item: unknown) => string | number | undefined {
  const [only] = keys;
  const read = (item: unknown, key: string): string | number | undefined => {
    if (typeof item !== 'object' || item === null) return undefined;
    const value = (item as Record<string, unknown>)[key];
    return typeof value === 'string' || typeof value === 'number' ? value : undefined;
  };
  if (keys.length === 1 && only !== undefined) return (item) => read(item, only);
  return (item) => {
    const values = keys.map((key) => read(item, key));
    return values.includes(undefined) ? undefined : values.join('\n');
  };
}
