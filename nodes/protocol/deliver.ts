import { randomUUID } from 'node:crypto';
import type { CallOutput, Incomplete, Progress, Results } from './call';
import type { Page } from './pages';

export interface Delivery {
  results: Results;
  /** Items that one page was asked to have. */
  limit: number;
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** Makes the messages of a walk, in the form that the author chose; each bears what Join needs to put them together again. */
export function deliver(pages: AsyncIterable<Page>, delivery: Delivery): AsyncGenerator<CallOutput> {
  const counted = delivery.onProgress ? countPages(pages, delivery.onProgress) : pages;
  switch (delivery.results) {
    case 'page':
      return asTheyCome(counted);
    case 'pages':
      // Join glues lists only where `len` is above 1, and looks at the first message alone, as Split sets it: the size of
      // a full chunk.
      return inSequence(counted, (page) => [page.items], { len: Math.max(2, delivery.limit), keepEmpty: true });
    case 'items':
      return inSequence(counted, (page) => page.items, { len: 1, keepEmpty: false });
  }
  return asArray(counted);
}

async function* asTheyCome(pages: AsyncIterable<Page>): AsyncGenerator<CallOutput> {
  for await (const page of pages) yield { payload: page.answer.result, ...headOf(page), ...notesOf(page) };
}

/** Tells the progress as pages come by. */
async function* countPages(
  source: AsyncIterable<Page>,
  onProgress: (progress: Progress) => void,
): AsyncGenerator<Page> {
  let pages = 0;
  let items = 0;
  for await (const page of source) {
    pages += 1;
    items += page.items.length;
    onProgress({ kind: 'pages', pages, items, ...(page.count === undefined ? {} : { count: page.count }) });
    yield page;
  }
}

/**
 * Gives out the payloads of the pages, and holds the latest one back as long as it may turn out to be the last: only
 * the last has `complete`, and only it can know the `count`.
 */
async function* inSequence(
  pages: AsyncIterable<Page>,
  payloads: (page: Page) => unknown[],
  { len, keepEmpty }: { len: number; keepEmpty: boolean },
): AsyncGenerator<CallOutput> {
  const id = randomUUID();
  let index = 0;
  let held: CallOutput | undefined;
  /** What happened on pages that gave no message of their own. */
  let pending: Partial<CallOutput> = {};
  let head: Omit<CallOutput, 'payload'> = { statusCode: 0 };
  let incomplete: Incomplete | undefined;
  for await (const page of pages) {
    head = headOf(page);
    const { incomplete: reason, ...notes } = notesOf(page);
    incomplete = reason;
    let first = true;
    if (page.items.length === 0 && (held !== undefined || index > 0 || !keepEmpty)) {
      pending = { ...pending, ...notes };
      continue;
    }
    for (const payload of payloads(page)) {
      if (held) yield held;
      held = { payload, ...head, parts: { id, index, type: 'array', len } };
      if (first) Object.assign(held, pending, notes);
      first = false;
      pending = {};
      index += 1;
    }
    if (held && page.last === false && keepEmpty) {
      yield held;
      held = undefined;
    }
  }
  if (!held && index > 0 && keepEmpty) {
    // The walk ended although more had been promised; somebody may wait for the end.
    held = { payload: [], ...head, parts: { id, index, type: 'array', len } };
    index += 1;
  }
  if (!held) return;
  Object.assign(held, pending, incomplete === undefined ? {} : { incomplete });
  if (held.parts) held.parts.count = index;
  held.complete = true;
  yield held;
}

async function* asArray(pages: AsyncIterable<Page>): AsyncGenerator<CallOutput> {
  const payload: unknown[] = [];
  const errors: unknown[] = [];
  const warnings: unknown[] = [];
  let notes: Partial<CallOutput> = {};
  let head: Omit<CallOutput, 'payload'> = { statusCode: 0 };
  let offset: number | undefined;
  let changedFrom: number | undefined;
  for await (const page of pages) {
    for (const item of page.items) payload.push(item);
    head = headOf(page);
    offset ??= head.pagination?.offset;
    notes = notesOf(page);
    changedFrom ??= notes.countChanged?.from;
    for (const error of notes.errors ?? []) errors.push(error);
    for (const warning of notes.warnings ?? []) warnings.push(warning);
  }
  const { pagination } = head;
  if (pagination && offset !== undefined) head.pagination = { ...pagination, offset, limit: payload.length };
  yield {
    payload,
    ...head,
    ...(errors.length > 0 ? { errors } : {}),
    ...(warnings.length > 0 ? { warnings } : {}),
    ...(changedFrom !== undefined && pagination ? { countChanged: { from: changedFrom, to: pagination.count } } : {}),
    ...(notes.incomplete === undefined ? {} : { incomplete: notes.incomplete }),
    complete: true,
  };
}

/** What every message of a page bears. */
function headOf({ answer }: Page): Omit<CallOutput, 'payload'> {
  return {
    statusCode: answer.statusCode,
    // Over MQTT there are none.
    ...(Object.keys(answer.headers).length === 0 ? {} : { headers: answer.headers }),
    ...(answer.url === undefined ? {} : { responseUrl: answer.url }),
    ...(answer.pagination === undefined ? {} : { pagination: answer.pagination }),
  };
}

/** What is said once for a page. */
function notesOf({ answer, countChanged, incomplete }: Page): Partial<CallOutput> {
  return {
    ...(answer.errors === undefined ? {} : { errors: answer.errors }),
    ...(answer.warnings === undefined ? {} : { warnings: answer.warnings }),
    ...(countChanged === undefined ? {} : { countChanged }),
    ...(incomplete === undefined ? {} : { incomplete }),
  };
}
