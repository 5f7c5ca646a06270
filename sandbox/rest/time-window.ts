import {
  compileExpression,
  ExpressionError,
  type JsonObject as ExpressionInput,
} from '../../nodes/protocol/expression';
import type { CompiledExpression } from '../../nodes/protocol/expression';
import type { JsonObject } from '../platform/check-fields';
import { badRequest } from '../platform/rejection';

/** What a family of time-series calls the ends of its range and its most. */
export interface WindowNames {
  from: string;
  to: string;
  count: string;
  /** Further parameters that it understands. */
  more: readonly string[];
}

const usual = ['reverse', 'filter', 'fields'] as const;

export const messageWindow: WindowNames = {
  from: 'from',
  to: 'to',
  count: 'count',
  more: [...usual, 'generalize', 'method'],
};
export const logWindow: WindowNames = { from: 'from', to: 'to', count: 'count', more: [...usual, 'item_type'] };
export const plainWindow: WindowNames = { from: 'from', to: 'to', count: 'count', more: usual };
export const intervalWindow: WindowNames = { from: 'begin', to: 'end', count: 'count', more: usual };
export const keyWindow: WindowNames = {
  from: 'left_key',
  to: 'right_key',
  count: 'max_count',
  more: [...usual, 'generalize', 'method'],
};

/** Which records of a series are wanted, and in which shape (flespi Skill, QVirtualScroll). */
export interface TimeWindow {
  /** Both ends are included. */
  from: number;
  to: number;
  count: number;
  reverse: boolean;
  filter: CompiledExpression | undefined;
  fields: readonly string[] | undefined;
  /** Length of the buckets that records are drawn together into, in seconds; 0 leaves them. */
  generalize: number;
  method: GeneralizeMethod;
  /** Further parameters of the family. */
  data: JsonObject;
}

export type GeneralizeMethod = 'average' | 'minimum' | 'maximum';

const methods: readonly string[] = ['average', 'minimum', 'maximum'] satisfies GeneralizeMethod[];
const shortestBucket = 10;

/** Reads `data` of a time-series call. Throws a Rejection for what the family does not understand. */
export function parseWindow(data: JsonObject, names: WindowNames, most: number): TimeWindow {
  const known = [names.from, names.to, names.count, ...names.more];
  for (const name of Object.keys(data)) {
    if (!known.includes(name)) throw badRequest(`unknown field "${name}" in data`, { hint: known });
  }
  const count = numberIn(data, names.count, most);
  if (!Number.isInteger(count) || count < 0) throw badRequest(`"${names.count}" must be a whole number from 0 up`);
  const { reverse = false, fields, generalize = 0, method = 'average' } = data;
  if (typeof reverse !== 'boolean') throw badRequest('"reverse" must be true or false');
  if (fields !== undefined && typeof fields !== 'string') throw badRequest('"fields" must be text: names with commas');
  if (typeof generalize !== 'number' || (generalize !== 0 && generalize < shortestBucket)) {
    throw badRequest(`"generalize" must be a number of seconds from ${shortestBucket} up`);
  }
  if (typeof method !== 'string' || !methods.includes(method)) {
    throw badRequest(`"method" must be one of ${methods.join(', ')}`);
  }
  return {
    from: numberIn(data, names.from, 0),
    to: numberIn(data, names.to, Number.MAX_VALUE),
    // 0 means no bound of the caller's own.
    count: Math.min(count || most, most),
    reverse,
    filter: parseFilter(data['filter']),
    fields: fields
      ?.split(',')
      .map((field) => field.trim())
      .filter((field) => field !== ''),
    generalize,
    method: method as GeneralizeMethod,
    data,
  };
}

function numberIn(data: JsonObject, name: string, fallback: number): number {
  const value = data[name] ?? fallback;
  if (typeof value === 'number') return value;
  throw badRequest(`"${name}" must be a number`);
}

export function parseFilter(text: unknown): CompiledExpression | undefined {
  if (text === undefined || text === '' || text === null) return undefined;
  if (typeof text !== 'string') throw badRequest('"filter" must be an expression');
  try {
    return compileExpression(text);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw badRequest(`invalid expression in filter: ${error.reason}`, { column: error.column });
  }
}

/** Does the record pass the window's filter? */
export function passes({ filter }: TimeWindow, record: object, now: () => number): boolean {
  return filter === undefined || filter.test(record as ExpressionInput, { now });
}
