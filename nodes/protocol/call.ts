import type { Selector } from './selector';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** How the answer of a read leaves the node. */
export type Results = 'page' | 'pages' | 'items' | 'array';

/** What the author asked for, with every typed input already resolved: plain data, the same for both transports. */
export interface CallSpec {
  method: Method;
  /** Resource path; a segment that begins with `:` is a selector slot, e.g. `gw/devices/:devices/telemetry/:parameters`. */
  template: string;
  /** One selector per slot of the template, in order. */
  selectors: readonly Selector[];
  /** Names of the item fields to return; empty means flespi's default. */
  fields?: readonly string[];
  limit?: number;
  offset?: number;
  /** Parameters of time-series reads and other JSON that GET takes in `data`. */
  data?: Record<string, unknown>;
  /** JSON body of a write. `undefined` sends none. */
  body?: unknown;
  /** Subaccount to run in; sent as `x-flespi-cid`. */
  cid?: number;
  results: Results;
  /** Most items to fetch in all; every walk has this bound. */
  most?: number;
  /** Pages in flight at a time, once `count` is known. */
  inFlight?: number;
  /** The author ticked that a write may select `all`. */
  allConfirmed?: boolean;
  /** The author consents to sending a POST or PATCH again when its outcome is unknown. */
  repeatUnsafe?: boolean;
  /** Milliseconds for one request; a call over several pages has `deadline`. */
  timeout?: number;
  /** Milliseconds for the whole call. */
  deadline?: number;
}

/** One request on the wire, encoded; what a transport gets. */
export interface WireCall {
  method: Method;
  /** Percent-encoded, without leading slash: `gw/devices/all/telemetry/all`. */
  path: string;
  /** Encoded query without `?`; empty when there is none. */
  query: string;
  /** JSON text. */
  body?: string;
  cid?: number;
}

/** A whole answer, unjudged: any status. */
export interface WireAnswer {
  statusCode: number;
  headers: Record<string, string | string[]>;
  /** Where the answer came from; only HTTP knows it. Without query. */
  url?: string;
  /** Decoded text. */
  text: string;
}

/** One way to flespi. Adding a transport means implementing this in one more file. */
export interface Transport {
  readonly kind: 'http' | 'mqtt';
  /**
   * Sends the request once and resolves with the answer, whatever its status.
   * Rejects with a FlespiError (`FLESPI_TIMEOUT`, `FLESPI_CONNECTION_FAILED`, `FLESPI_OUTCOME_UNKNOWN`, `FLESPI_ABORTED`...).
   */
  send(call: WireCall, options: { signal: AbortSignal; timeout: number }): Promise<WireAnswer>;
}

/** One message's worth of answer, in order. */
export interface CallOutput {
  payload: unknown;
  statusCode: number;
  headers?: Record<string, string | string[]>;
  responseUrl?: string;
  pagination?: { limit: number; offset: number; count: number };
  /** Partial success: flespi's `errors` beside a `result`. */
  errors?: readonly unknown[];
  /** flespi's `warnings` beside a `result`: deprecations and the like. */
  warnings?: readonly unknown[];
  /** The number of items changed while they were read; on the message in which that was seen. */
  countChanged?: { from: number; to: number };
  /** For Join; only when the call can give several messages. */
  parts?: { id: string; index: number; count?: number; type: 'array'; len: number };
  /** True on the last message of a walk. */
  complete?: boolean;
  /** Why a walk ended before everything was read; on the last message. */
  incomplete?: Incomplete;
}

/** Why a walk ended early; the catalogue has a phrase for each. */
export type Incomplete =
  /** The author's bound was reached and there is more. */
  | 'most'
  /** flespi gave an empty page although its count promises more. */
  | 'empty-page'
  /** More pages than any walk may have. */
  | 'page-cap'
  /** So many items came and went meanwhile that some may be missing. */
  | 'drift'
  /** The records carry nothing to go on from. */
  | 'no-key'
  /** Averaged records (`generalize`) have no pages; there were more of them than `count`. */
  | 'generalized';

/** How far a call is; for the node's status. */
export type Progress =
  | { kind: 'requesting' }
  | { kind: 'pages'; pages: number; items: number; count?: number }
  | { kind: 'waiting'; until: number; reason: 'rate-limit' | 'retry' | 'queue' };
