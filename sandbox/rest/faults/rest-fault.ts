import { isObject } from '../../platform/check-fields';
import { badRequest } from '../../platform/rejection';

/**
 * One way in which REST misbehaves, as data. The first members say which calls it hits, the others what happens to them; several
 * may be given together, and several faults may hit one call.
 */
export interface RestFault {
  /** Paths, with `*` for any characters: `gw/devices/*`. All when left out. */
  path?: string;
  method?: string;
  /** Calls that fit and are spared before it begins. */
  after?: number;
  /** Calls to hit, then it is over. All when left out. */
  times?: number;
  /** Share of the calls to hit, from 0 to 1, drawn from the sandbox's seed. */
  share?: number;

  /** Milliseconds before anything happens, and up to so many more. */
  latency?: number;
  jitter?: number;
  /** Answered in place of the platform, which does not hear of the call. */
  status?: number;
  /** Header `Retry-After` as it is given: seconds, a date, garbage. */
  retryAfter?: string | number;
  /** Status 302, or `status`, with this `Location`. */
  redirect?: string;
  /** Body of the answer, in place of the real one: wrong JSON, empty, anything. */
  body?: string;
  /** Headers that are added to the answer. */
  headers?: Record<string, string>;
  /** The connection is reset before the platform hears of the call, or after it has acted and before the answer. */
  reset?: 'before' | 'after';
  /** The body ends after so many bytes: with `length`, Content-Length promised all of it; otherwise the connection just ends. */
  truncate?: number;
  length?: boolean;
  /** The body goes on for ever: spaces that no JSON ends. Stops at so many bytes, for everybody's good. */
  endless?: number;
  /** Milliseconds before the status line, after the platform has acted. */
  slowHeaders?: number;
  /** The body comes in pieces of so many bytes, one every so many milliseconds. */
  dripBytes?: number;
  dripEvery?: number;
  /** A gzip body that inflates to so many bytes of spaces. */
  gzipBomb?: number;

  /** `offset` is not heeded. */
  ignoreOffset?: boolean;
  /** Beyond the end comes the last page again. */
  clampPage?: boolean;
  /** `limit` is lowered to this. */
  lowerLimit?: number;
  /** From this `offset` on pages are empty, whatever `count` says. */
  emptyFrom?: number;
  /** `pagination` lacks its `count`. */
  omitCount?: boolean;
  /** Rows that come in before the page between one page and the next; negative ones go. */
  drift?: number;
}

type Check = 'number' | 'string' | 'boolean' | 'headers' | 'reset' | 'text or number';

const members: Readonly<Record<keyof RestFault, Check>> = {
  path: 'string',
  method: 'string',
  after: 'number',
  times: 'number',
  share: 'number',
  latency: 'number',
  jitter: 'number',
  status: 'number',
  retryAfter: 'text or number',
  redirect: 'string',
  body: 'string',
  headers: 'headers',
  reset: 'reset',
  truncate: 'number',
  length: 'boolean',
  endless: 'number',
  slowHeaders: 'number',
  dripBytes: 'number',
  dripEvery: 'number',
  gzipBomb: 'number',
  ignoreOffset: 'boolean',
  clampPage: 'boolean',
  lowerLimit: 'number',
  emptyFrom: 'number',
  omitCount: 'boolean',
  drift: 'number',
};

/** Reads faults that came in as JSON. Throws a Rejection with the names that are known. */
export function parseFaults(value: unknown): RestFault[] {
  if (!Array.isArray(value)) throw badRequest('"rest" must be an array of faults');
  return value.map((fault: unknown) => {
    if (!isObject(fault)) throw badRequest('a fault must be an object');
    for (const [name, member] of Object.entries(fault)) {
      const check = Object.hasOwn(members, name) ? members[name as keyof RestFault] : undefined;
      if (!check) throw badRequest(`there is no fault "${name}"`, { hint: Object.keys(members) });
      if (!fits(check, member)) throw badRequest(`"${name}" of a fault must be ${check}`);
    }
    return fault;
  });
}

function fits(check: Check, value: unknown): boolean {
  switch (check) {
    case 'headers':
      return isObject(value) && Object.values(value).every((one) => typeof one === 'string');
    case 'reset':
      return value === 'before' || value === 'after';
    case 'text or number':
      return typeof value === 'string' || typeof value === 'number';
    default:
      return typeof value === check;
  }
}
