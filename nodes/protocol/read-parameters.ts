import type { CallSpec } from './call';
import type { Parameters } from './catalogue';

/** What an author chose for a read, in words that fit every resource. Times are unix seconds. */
export interface ReadChoice {
  fields?: readonly string[];
  limit?: number;
  offset?: number;
  from?: number;
  to?: number;
  /** Records per request. */
  count?: number;
  reverse?: boolean;
  /** Expression over the record. */
  filter?: string;
  /** More parameters for `data`, under flespi's names; they win. */
  data?: Record<string, unknown>;
}

/** flespi's name for each, by how a resource is read (flespi: "REST API", the reads with `data`). */
const names = {
  messages: { from: 'from', to: 'to', count: 'count' },
  logs: { from: 'from', to: 'to', count: 'count' },
  packets: { from: 'from', to: 'to', count: 'count' },
  'commands-result': { from: 'from', to: 'to', count: 'count' },
  intervals: { from: 'begin', to: 'end', count: 'count' },
  container: { from: 'left_key', to: 'right_key', count: 'max_count' },
} as const;

/** True for reads by time: they have a range, an order and a filter, and no `limit`. */
export function isSeries(parameters: Parameters): parameters is keyof typeof names {
  return parameters in names;
}

/** The choice as the resource understands it; what it does not understand is left out. */
export function readParameters(
  parameters: Parameters,
  choice: ReadChoice,
): Pick<CallSpec, 'fields' | 'limit' | 'offset' | 'data'> {
  if (isSeries(parameters)) {
    const name = names[parameters];
    const data = {
      [name.from]: choice.from,
      [name.to]: choice.to,
      [name.count]: choice.count,
      reverse: choice.reverse === true ? true : undefined,
      filter: choice.filter || undefined,
      fields: choice.fields?.length ? choice.fields.join(',') : undefined,
      ...choice.data,
    };
    return withData(data);
  }
  return {
    ...(choice.fields?.length ? { fields: choice.fields } : {}),
    ...(parameters === 'collection' && choice.limit !== undefined ? { limit: choice.limit } : {}),
    ...(parameters === 'collection' && choice.offset !== undefined ? { offset: choice.offset } : {}),
    ...withData(choice.data ?? {}),
  };
}

function withData(data: Record<string, unknown>): { data?: Record<string, unknown> } {
  const given = Object.entries(data).filter(([, value]) => value !== undefined);
  return given.length === 0 ? {} : { data: Object.fromEntries(given) };
}
