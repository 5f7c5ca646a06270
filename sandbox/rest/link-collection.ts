import type { Item } from '../platform/item';
import type { Relation } from '../platform/relations';
import { maySee, type Call } from './call';
import { ownValue, type Collection } from './collection';

/** A link as REST shows it: both ids, the child's name, what the link carries. */
export interface LinkRow {
  parent: Item;
  child: Item;
  shown: Record<string, unknown>;
}

/** The links of a parent item; the selector addresses the linked item's id, or fields of the link. */
export function linkCollection(relation: Relation): Collection {
  const { parentKey, childKey } = relation;
  const names = [parentKey, childKey, 'name', ...Object.keys(relation.fields)];
  const row = (call: Call, parent: Item, childId: number): LinkRow | undefined => {
    const child = call.platform.items(relation.child.path).get(childId);
    const data = call.platform.links(relation.path).get(parent.id, childId);
    return child && data && maySee(call, relation.child.path, child)
      ? linkRow(relation, parent, child, data)
      : undefined;
  };
  return {
    key: (link) => String((link as LinkRow).child.id),
    *rows(call, parent) {
      const item = parent as Item;
      const ids = [...call.platform.links(relation.path).children(item.id)].sort((a, b) => a - b);
      for (const id of ids) {
        const link = row(call, item, id);
        if (link) yield link;
      }
    },
    find: (call, parent, key) => row(call, parent as Item, Number(key)),
    fields: names,
    field(_call, name) {
      if (name === 'id') return (link) => (link as LinkRow).child.id;
      return names.includes(name) ? (link) => ownValue((link as LinkRow).shown, name) : undefined;
    },
    plain: (link) => (link as LinkRow).shown,
  };
}

export function linkRow(
  relation: Relation,
  parent: Item,
  child: Item,
  data: Readonly<Record<string, unknown>>,
): LinkRow {
  const shown = {
    [relation.parentKey]: parent.id,
    [relation.childKey]: child.id,
    name: child['name'],
    ...data,
  };
  return { parent, child, shown };
}
