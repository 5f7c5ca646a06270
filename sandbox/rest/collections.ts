import { entities } from '../platform/entities';
import { relations } from '../platform/relations';
import type { Collection } from './collection';
import { entryCollections } from './entry-collections';
import { itemCollection } from './item-collection';
import { linkCollection } from './link-collection';

const collections: ReadonlyMap<string, Collection> = new Map([
  ...entities.map(({ path }) => [path, itemCollection(path)] as const),
  ...relations.map((relation) => [relation.path, linkCollection(relation)] as const),
  ...Object.entries(entryCollections),
]);

/** What the selector after this path, without the other selectors, picks from. */
export function collectionOf(path: string): Collection {
  const collection = collections.get(path);
  if (!collection) throw new RangeError(`There is no collection ${path}`);
  return collection;
}
