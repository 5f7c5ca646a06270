import { checkFields, isObject } from '../platform/check-fields';
import type { Item } from '../platform/item';
import { badRequest } from '../platform/rejection';
import { relationOf, type Relation } from '../platform/relations';
import { eachOf, eachPicked } from './answer-parts';
import type { Call, Outcome } from './call';
import { collectionOf } from './collections';
import { bodyOf, readRows } from './item-rules';
import { linkRow, type LinkRow } from './link-collection';
import { projection } from './projection';
import { selectRows } from './select-rows';

/** How the methods work on links: `gw/groups/{}/devices/{}` and all like it. */
export const linkRules = {
  GET: readRows,

  /** Links every selected parent with every selected child; the selector addresses the children, not links. */
  POST(call: Call): Outcome {
    const relation = relationOfCall(call);
    const data = dataOf(call, relation);
    const [parentSlot, childSlot] = call.slots;
    if (!parentSlot || !childSlot) throw new RangeError('A link has two ends');
    const parents = selectRows(call, [parentSlot]).picked;
    const children = selectRows(call, [{ collection: relation.child.path, text: childSlot.text }]).picked;
    const show = projection(call, collectionOf(relation.path));
    const pairs = parents.flatMap(({ row: parent }) => children.map(({ row: child }) => [parent, child] as const));
    return {
      result: eachOf(call, pairs, ([parent, child]) => {
        const link = { ...defaultsOf(relation), ...data };
        call.platform.link(relation, parent as Item, child as Item, link);
        return show(linkRow(relation, parent as Item, child as Item, link));
      }),
    };
  },

  PUT: (call: Call): Outcome => change(call, (_old, value) => value),

  PATCH: (call: Call): Outcome =>
    change(call, (old, value) => (isObject(old) && isObject(value) ? { ...old, ...value } : value)),

  DELETE(call: Call): Outcome {
    const relation = relationOfCall(call);
    return {
      result: eachPicked(call, (row) => {
        const { parent, child } = row as LinkRow;
        call.platform.unlink(relation, parent, child.id);
        return { [relation.parentKey]: parent.id, [relation.childKey]: child.id };
      }),
    };
  },
};

function change(call: Call, combine: (old: unknown, value: unknown) => unknown): Outcome {
  const relation = relationOfCall(call);
  const values = checkFields(relation, bodyOf(call), 'change');
  const show = projection(call, collectionOf(relation.path));
  return {
    result: eachPicked(call, (row) => {
      const { parent, child } = row as LinkRow;
      const data: Record<string, unknown> = { ...call.platform.links(relation.path).get(parent.id, child.id) };
      for (const name of Object.keys(values)) data[name] = combine(data[name], values[name]);
      call.platform.changeLink(relation, parent, child.id, data);
      return show(linkRow(relation, parent, child, data));
    }),
  };
}

/** The small object that comes with some links; most come with an empty body or `null` (flespi's Node-RED nodes). */
function dataOf(call: Call, relation: Relation): Record<string, unknown> {
  const { body } = call;
  if (body === undefined || body === null) return {};
  if (Array.isArray(body)) {
    if (body.length === 0) return {};
    throw badRequest('expected one JSON object or no body, got an array');
  }
  return checkFields(relation, body, 'create');
}

function defaultsOf({ fields }: Relation): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, structuredClone(field.default)]));
}

function relationOfCall({ resource }: Call): Relation {
  const relation = relationOf(resource.path.replaceAll('/{}', ''));
  if (!relation) throw new RangeError(`There is no relation for ${resource.path}`);
  return relation;
}
