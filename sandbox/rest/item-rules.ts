import { checkFields, isObject } from '../platform/check-fields';
import { entityOf } from '../platform/entities';
import type { Item } from '../platform/item';
import { badRequest } from '../platform/rejection';
import { eachPicked, eachOf, paginationOf } from './answer-parts';
import type { Call, Outcome } from './call';
import { collectionOf } from './collections';
import { namesToIds } from './names-to-ids';
import { projection } from './projection';
import { selectRows } from './select-rows';

/** How the methods work on items: `gw/devices` and `gw/devices/{}`, and all collections like it. */
export const itemRules = {
  GET: readRows,

  POST(call: Call): Outcome {
    const { path } = call.resource;
    const entity = entityOf(path);
    const bodies = bodiesOf(call).map((body) => checkFields(entity, namesToIds(path, body), 'create'));
    const show = projection(call, collectionOf(path));
    return { result: eachOf(call, bodies, (values) => show(call.platform.create(path, call.cid, values, call.token))) };
  },

  /** Puts the given fields in place of what they were. */
  PUT: (call: Call): Outcome => write(call, (_item, values) => values),

  /** The same, but JSON fields are merged one level deep. */
  PATCH: (call: Call): Outcome =>
    write(call, (item, values) =>
      Object.fromEntries(
        Object.entries(values).map(([name, value]) => {
          const old = item[name];
          return [name, isObject(old) && isObject(value) ? { ...old, ...value } : value];
        }),
      ),
    ),

  DELETE(call: Call): Outcome {
    const { slots, platform, token } = call;
    const path = slots[0]?.collection ?? '';
    return {
      result: eachPicked(call, (row) => {
        platform.remove(path, row as Item, token);
        return deleted(call, (row as Item).id);
      }),
    };
  },
};

/** Rows of any collection, a page of them. */
export function readRows(call: Call): Outcome {
  const page = pageOf(call);
  const { collection, picked, count } = selectRows(call, call.slots, page);
  const show = projection(call, collection);
  return { result: picked.map(({ row }) => show(row)), ...paginationOf(call, page, count) };
}

/** The page that applies: what was asked for, within the limits that are assumed. */
function pageOf({ query: { page }, platform: { assumptions } }: Call): typeof page {
  if (!page) return undefined;
  const limit = page.limit ?? (assumptions.defaultLimit || undefined);
  const most = assumptions.maximumLimit || Number.POSITIVE_INFINITY;
  return { limit: limit === undefined ? undefined : Math.min(limit, most), offset: page.offset };
}

function write(call: Call, combine: (item: Item, values: Record<string, unknown>) => Record<string, unknown>): Outcome {
  const path = call.slots[0]?.collection ?? '';
  const values = checkFields(entityOf(path), namesToIds(path, bodyOf(call)), 'change');
  const show = projection(call, collectionOf(path));
  return {
    result: eachPicked(call, (row) => {
      const item = row as Item;
      return show(call.platform.change(path, item, combine(item, values), call.token));
    }),
  };
}

/** The one object of a PUT or PATCH. */
export function bodyOf({ body, platform: { assumptions } }: Call): unknown {
  if (!Array.isArray(body)) return body;
  if (assumptions.arrayBodyInPut && body.length === 1) return body[0];
  throw badRequest('expected one JSON object, got an array');
}

/** The objects of a creating POST. */
function bodiesOf({ body, platform: { assumptions } }: Call): unknown[] {
  if (!Array.isArray(body)) throw badRequest('expected an array of objects to create');
  if (body.length === 0) throw badRequest('there is nothing to create');
  if (body.length > assumptions.createLimit) {
    throw badRequest(`one call creates at most ${assumptions.createLimit} items`);
  }
  return body as unknown[];
}

export function deleted({ platform: { assumptions } }: Call, id: number): unknown {
  return assumptions.deleteResult === 'objects' ? { id } : id;
}
