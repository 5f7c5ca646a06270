import type { Call, Outcome } from './call';
import type { Row } from './collection';
import type { Page } from './query';
import { errorEntry } from './refusal';
import { selectRows } from './select-rows';

/** Does something to each; what is refused for one goes into the errors, with its id, and the others go on. */
export function eachOf<Input>(call: Call, inputs: readonly Input[], act: (input: Input) => unknown): unknown[] {
  const result: unknown[] = [];
  for (const input of inputs) {
    try {
      result.push(act(input));
    } catch (error) {
      call.errors.push(errorEntry(call.platform.assumptions, error));
    }
  }
  return result;
}

/** Does something to each row that the path selects. */
export function eachPicked(call: Call, act: (row: Row, above: readonly Row[]) => unknown): unknown[] {
  return eachOf(call, selectRows(call).picked, ({ row, above }) => act(row, above));
}

/** `pagination`, for the calls that have it. */
export function paginationOf(call: Call, page: Page | undefined, count: number): Pick<Outcome, 'pagination'> {
  if (!page) return {};
  const wasAsked = page.limit !== undefined || page.offset !== undefined;
  if (!wasAsked && !call.platform.assumptions.paginationAlways) return {};
  return { pagination: { limit: page.limit ?? count, offset: page.offset ?? 0, count } };
}
