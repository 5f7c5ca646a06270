import { checkStatus, itemsOf, judgeAnswer, type JudgedAnswer } from './answer';
import { CallLimits } from './call-limits';
import type { CallOutput, CallSpec, Progress, Transport, WireCall } from './call';
import { deliver } from './deliver';
import { keyReader, without, withKeys } from './item-keys';
import type { Pace } from './pace';
import { collectionPages, type Page, type PageAnswer } from './pages';
import { type PreparedCall, prepareCall } from './prepare-call';
import { type QueryParts, wholeNumber } from './query';
import type { RetryBudget } from './retry';
import { sendRequest, type SendContext } from './send-request';
import { seriesPages } from './time-series';
import { abortReason } from './wait';

export interface RunOptions {
  /** Ends the call: nothing more is sent, and the generator throws the signal's reason. */
  signal: AbortSignal;
  onProgress?: (progress: Progress) => void;
  /** Unix milliseconds. */
  now?: () => number;
  /** From 0 up to 1. */
  random?: () => number;
  /** Shared by all calls of an account. */
  pace?: Pace;
  retry?: RetryBudget;
}

/** Items for one page when the author does not say. */
export const defaultLimit = 1000;
/** Most items of a walk when the author does not say. */
export const defaultMost = 100_000;
export const defaultInFlight = 6;
export const defaultTimeout = 60_000;
/** Milliseconds for a call over several pages. */
export const defaultDeadline = 600_000;

/**
 * Runs a call over any transport, from one request to a walk over every page, and gives out one message's worth at a time.
 * Nothing is sent before the first output is asked for, and nothing more after the generator has ended. Throws a FlespiError.
 */
export function runCall(spec: CallSpec, transport: Transport, options: RunOptions): AsyncGenerator<CallOutput> {
  const limit = spec.limit ?? defaultLimit;
  return deliver(pagesOf(spec, transport, options), { results: spec.results, limit, onProgress: options.onProgress });
}

async function* pagesOf(spec: CallSpec, transport: Transport, options: RunOptions): AsyncGenerator<Page> {
  const { now = Date.now, random = Math.random, onProgress } = options;
  const call = prepareCall(spec, now());
  const walks = spec.results !== 'page' && (call.collection || call.series !== undefined);
  const timeout = spec.timeout ?? defaultTimeout;
  const deadline = spec.deadline ?? (walks ? defaultDeadline : timeout);
  // The clock of the wall may jump; this one does not.
  const ends = performance.now() + deadline;
  const limits = new CallLimits(options.signal, deadline, call.attempted);
  const context: SendContext = {
    transport,
    attempted: call.attempted,
    timeout,
    remaining: () => ends - performance.now(),
    repeatUnsafe: spec.repeatUnsafe ?? false,
    now,
    random,
    pace: options.pace,
    retry: options.retry,
    onProgress,
  };
  onProgress?.({ kind: 'requesting' });
  try {
    if (!walks) yield await onePage(spec, call, context, limits.signal);
    else {
      const walk = call.collection ? collection : series;
      for await (const page of walk(spec, call, context, limits.signal)) {
        // Pages that had arrived before the end are not given either.
        if (limits.signal.aborted) throw abortReason(limits.signal, call.attempted);
        yield page;
      }
    }
  } finally {
    limits.end();
  }
}

async function onePage(spec: CallSpec, call: PreparedCall, context: SendContext, signal: AbortSignal): Promise<Page> {
  const data = { ...call.data };
  if (call.series && spec.limit !== undefined) data[call.series.size] ??= spec.limit;
  const query: QueryParts = {
    ...(call.series ? {} : { fields: spec.fields ?? [] }),
    ...(call.collection && spec.limit !== undefined ? { limit: spec.limit } : {}),
    ...(call.collection && spec.offset !== undefined ? { offset: spec.offset } : {}),
    data,
  };
  const answer = await judged(call.wire(query), call, context, signal);
  const { pagination } = answer;
  return {
    // As it is in one message; as a list where it is to be taken apart.
    items:
      spec.results === 'page' ? (Array.isArray(answer.result) ? answer.result : []) : itemsOf(answer, call.attempted),
    answer,
    ...(pagination ? { count: pagination.count } : {}),
    last: true,
  };
}

function collection(
  spec: CallSpec,
  call: PreparedCall,
  context: SendContext,
  signal: AbortSignal,
): AsyncGenerator<Page> {
  const key = call.resource?.key ?? ['id'];
  // Where the keys are not known, asking for one that does not exist would be refused.
  const { fields, hidden } = withKeys(spec.fields ?? [], call.resource ? key : []);
  const pages = collectionPages({
    fetch: (limit, offset) => {
      const wire = call.wire({ fields, limit, offset, data: call.data });
      return sendRequest(wire, context, signal, (answer) => {
        checkStatus(answer, wire, call.template);
        return () => listed(judgeAnswer(answer, wire, call.template), call);
      });
    },
    limit: wholeNumber('limit', spec.limit ?? defaultLimit, 1),
    offset: wholeNumber('offset', spec.offset ?? 0, 0),
    most: wholeNumber('most', spec.most ?? defaultMost, 1),
    inFlight: wholeNumber('inFlight', spec.inFlight ?? defaultInFlight, 1),
    keyOf: keyReader(key),
    attempted: call.attempted,
  });
  return hidden.length === 0 ? pages : without(pages, hidden);
}

function series(spec: CallSpec, call: PreparedCall, context: SendContext, signal: AbortSignal): AsyncGenerator<Page> {
  const family = call.series;
  if (!family) throw new TypeError('not a time series');
  const { [family.low]: low, [family.high]: high, [family.size]: size, reverse, ...rest } = call.data;
  const asked = typeof rest['fields'] === 'string' ? rest['fields'].split(',').map((field) => field.trim()) : [];
  const { fields, hidden } = withKeys(asked, family.keys);
  if (fields.length > 0) rest['fields'] = fields.join(',');
  const pages = seriesPages({
    series: family,
    fetch: async (data) => listed(await judged(call.wire({ data: { ...rest, ...data } }), call, context, signal), call),
    whole: rest['generalize'] !== undefined,
    ...(typeof low === 'number' ? { low } : {}),
    ...(typeof high === 'number' ? { high } : {}),
    reverse: reverse === true,
    size: wholeNumber('limit', spec.limit ?? (typeof size === 'number' ? size : defaultLimit), 1),
    most: wholeNumber('most', spec.most ?? defaultMost, 1),
    single: call.single,
    attempted: call.attempted,
  });
  return hidden.length === 0 ? pages : without(pages, hidden);
}

function judged(wire: WireCall, call: PreparedCall, context: SendContext, signal: AbortSignal): Promise<JudgedAnswer> {
  return sendRequest(wire, context, signal, (answer) => judgeAnswer(answer, wire, call.template));
}

function listed(answer: JudgedAnswer, call: PreparedCall): PageAnswer {
  return { answer, items: itemsOf(answer, call.attempted) };
}
