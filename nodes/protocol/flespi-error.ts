/**
 * What went wrong, in one word that flows can branch on (`msg.error.code`). Stable: a code is never renamed.
 * The sentence for people is `error.<CODE>` in the message catalogue of flespi-config.
 */
export type FlespiErrorCode =
  // The form or the message asks for something impossible; nothing was sent.
  | 'FLESPI_NO_ACCOUNT'
  | 'FLESPI_NO_TOKEN'
  | 'FLESPI_BAD_INPUT'
  | 'FLESPI_BAD_SELECTOR'
  | 'FLESPI_BAD_PATH'
  | 'FLESPI_BAD_TOPIC'
  | 'FLESPI_BAD_EXPRESSION'
  | 'FLESPI_ALL_NOT_CONFIRMED'
  // flespi answered, and said no.
  | 'FLESPI_BAD_REQUEST'
  | 'FLESPI_UNAUTHORIZED'
  | 'FLESPI_FORBIDDEN'
  | 'FLESPI_NOT_FOUND'
  | 'FLESPI_NO_SUCH_PATH'
  | 'FLESPI_RATE_LIMITED'
  | 'FLESPI_SERVER_ERROR'
  | 'FLESPI_UNEXPECTED_STATUS'
  | 'FLESPI_REDIRECTED'
  // The answer cannot be used.
  | 'FLESPI_BAD_ANSWER'
  | 'FLESPI_INCOMPLETE_ANSWER'
  | 'FLESPI_ANSWER_TOO_LARGE'
  | 'FLESPI_PAGES_REPEATED'
  // The way there.
  | 'FLESPI_CONNECTION_FAILED'
  | 'FLESPI_NOT_CONNECTED'
  | 'FLESPI_TIMEOUT'
  | 'FLESPI_OUTCOME_UNKNOWN'
  | 'FLESPI_QUEUE_FULL'
  | 'FLESPI_ABORTED'
  // MQTT.
  | 'FLESPI_CONNECTION_REFUSED'
  | 'FLESPI_SUBSCRIBE_REFUSED'
  | 'FLESPI_PUBLISH_REFUSED'
  | 'FLESPI_NEEDS_MQTT5'
  // MQTT: it works, but not as asked. These come as warnings of a state, never as failures.
  | 'FLESPI_SESSION_LOST'
  | 'FLESPI_QOS_LOWERED'
  | 'FLESPI_NOT_VERIFIED'
  | 'FLESPI_NOT_CONFIRMED'
  | 'FLESPI_BAD_PAYLOAD';

/** One entry of flespi's `errors` list. */
export interface Reason {
  code?: number;
  reason: string;
  id?: number;
  column?: number;
  schema_hint?: unknown;
}

export interface FlespiErrorDetail {
  /** What was being done, for people: `GET gw/devices/all`, never with a token or a query. */
  attempted: string;
  /** Values that the sentence of the catalogue uses, e.g. `{ seconds: 30 }`. Never a secret. */
  params?: Record<string, string | number>;
  statusCode?: number;
  /** flespi's own reasons, as sent. */
  reasons?: readonly Reason[];
  /** The parsed body of the answer, when there was one. */
  body?: unknown;
  headers?: Record<string, string | string[]>;
  cause?: unknown;
}

/**
 * Every failure of this package. `code` is for flows, `attempted`, `params` and `reasons` are what the catalogue's
 * sentence is made of, `cause` is for logs. `message` is only a terse fallback: texts for people are made in one place, by
 * the nodes, from the catalogue.
 */
export class FlespiError extends Error {
  override readonly name = 'FlespiError';
  readonly attempted: string;
  readonly params: Record<string, string | number>;
  readonly statusCode: number | undefined;
  readonly reasons: readonly Reason[];
  readonly body: unknown;
  readonly headers: Record<string, string | string[]> | undefined;

  constructor(
    readonly code: FlespiErrorCode,
    detail: FlespiErrorDetail,
  ) {
    super(`${code}: ${detail.attempted}`, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.attempted = detail.attempted;
    this.params = detail.params ?? {};
    this.statusCode = detail.statusCode;
    this.reasons = detail.reasons ?? [];
    this.body = detail.body;
    this.headers = detail.headers;
  }
}
