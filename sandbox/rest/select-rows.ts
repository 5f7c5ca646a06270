import { badRequest, notFound } from '../platform/rejection';
import type { Call } from './call';
import { collectionOf } from './collections';
import { reader, RowScope, type Collection, type Read, type Row } from './collection';
import type { Page } from './query';
import { errorEntry } from './refusal';
import type { Slot } from './route';
import { parseSelector, type Selector } from './selector';

/** A row with the rows it lies below: the device of a setting. */
export interface Picked {
  row: Row;
  /** From the first selector to the one before. */
  above: readonly Row[];
}

export interface Selection {
  collection: Collection;
  picked: Picked[];
  /** All that fit, when only a page of them is in `picked`. */
  count: number;
}

/**
 * Picks what the selectors of the path say, level by level, each below what the level before picked. With a page, counts all
 * and returns only the page. Keys that do not exist go into the call's errors. Throws Rejections.
 */
export function selectRows(call: Call, slots: readonly Slot[] = call.slots, page?: Page): Selection {
  let picked: Picked[] = [{ row: {}, above: [] }];
  let selection: Selection | undefined;
  for (const [index, slot] of slots.entries()) {
    const isLast = index === slots.length - 1;
    selection = selectLevel(call, slot, picked, index === 0, isLast ? page : undefined);
    picked = selection.picked;
  }
  if (!selection) throw new RangeError('There is no selector in the path');
  return selection;
}

function selectLevel(
  call: Call,
  slot: Slot,
  parents: readonly Picked[],
  isFirst: boolean,
  page: Page | undefined,
): Selection {
  const collection = collectionOf(slot.collection);
  const selector = readSelector(slot.text, collection);
  const select = prepare(call, collection, selector);
  const size = selector.kind === 'all' && isFirst ? collection.size?.(call, undefined) : undefined;
  const from = page?.offset ?? 0;
  const to = page?.limit === undefined ? Number.POSITIVE_INFINITY : from + page.limit;
  const picked: Picked[] = [];
  const unknown = new Set<string>();
  let count = 0;
  for (const parent of parents) {
    const above = isFirst ? [] : [...parent.above, parent.row];
    for (const row of select(isFirst ? undefined : parent.row, unknown)) {
      if (count >= from && count < to) picked.push({ row, above });
      count += 1;
      if (size !== undefined && count >= to) break;
    }
  }
  for (const key of unknown) call.errors.push(errorEntry(call.platform.assumptions, missing(slot, key)));
  return { collection, picked, count: size ?? count };
}

function readSelector(text: string, { words = false, verbatim = false }: Collection): Selector {
  if (verbatim && text !== 'all' && !text.startsWith('{')) return { kind: 'list', keys: [text], conditions: [] };
  return parseSelector(text, { words });
}

/** Rows below a parent that a selector picks; keys that are not there are added to `unknown`. */
type Select = (parent: Row | undefined, unknown: Set<string>) => Iterable<Row>;

function prepare(call: Call, collection: Collection, selector: Selector): Select {
  if (selector.kind === 'all') return (parent) => collection.rows(call, parent);
  if (selector.kind === 'expression') {
    const scope = new RowScope(call, collection);
    const { expression } = selector;
    const context = { now: call.platform.now };
    return function* (parent) {
      for (const row of collection.rows(call, parent)) {
        scope.row = row;
        if (expression.test(scope, context)) yield row;
      }
    };
  }
  const { keys, conditions } = selector;
  const tests = conditions.map(({ field, fits }) => ({ fits, read: knownReader(call, collection, field) }));
  const fitsAll = (row: Row): boolean => tests.every(({ fits, read }) => fits(read(row)));
  if (keys.length === 0) {
    return function* (parent) {
      for (const row of collection.rows(call, parent)) if (fitsAll(row)) yield row;
    };
  }
  return (parent, unknown) => {
    const rows: Row[] = [];
    for (const key of collection.words ? expand(call, collection, parent, keys) : sortNumbers(keys)) {
      const row = collection.find(call, parent, key);
      if (row === undefined) unknown.add(key);
      else if (fitsAll(row)) rows.push(row);
    }
    return rows;
  };
}

/** Items come in ascending order of their ids, however they were listed. */
function sortNumbers(keys: readonly string[]): readonly string[] {
  return [...keys].sort((a, b) => Number(a) - Number(b));
}

/** Words may hold wildcards; one without stays as it is, to be reported when it does not exist. */
function* expand(
  call: Call,
  collection: Collection,
  parent: Row | undefined,
  keys: readonly string[],
): Generator<string> {
  const patterns = collection.verbatim ? [] : keys.filter((key) => /[*?]/.test(key));
  yield* keys.filter((key) => !patterns.includes(key));
  if (patterns.length === 0) return;
  const selectors = patterns.map((pattern) => parseSelector(`key=${pattern}`));
  for (const row of collection.rows(call, parent)) {
    const key = collection.key(row);
    if (selectors.some((one) => one.kind === 'list' && one.conditions[0]?.fits(key))) yield key;
  }
}

function knownReader(call: Call, collection: Collection, field: string): Read {
  const read = reader(call, collection, field);
  if (read) return read;
  throw badRequest(`unknown field "${field}" in selector`, { hint: collection.fields ?? [] });
}

function missing({ collection }: Slot, key: string): Error {
  const noun = collection.slice(collection.lastIndexOf('/') + 1);
  const id = Number(key);
  return notFound(`${noun}: ${key} not found`, Number.isSafeInteger(id) ? { id } : {});
}
