import type { Method } from './call';
import { FlespiError } from './flespi-error';

/** Tries of one request in all, the first included. */
export const mostTries = 3;

const base = 500;
const cap = 30_000;

/**
 * What repeats may cost: about one request in twenty over time, and a few at once for those who seldom ask. Shared by all
 * calls of an account, so that an outage does not multiply its own load.
 */
export class RetryBudget {
  /** Repeats that may be made now. */
  #tokens: number;
  #refilled: number;
  readonly #now: () => number;

  /** `now` is in milliseconds and never goes back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#tokens = RetryBudget.reserve;
    this.#refilled = now();
  }

  static readonly reserve = 3;
  static readonly most = 10;
  static readonly share = 0.05;
  /** Milliseconds in which one token of the reserve comes back by itself. */
  static readonly refill = 20_000;

  /** Counts a request that is no repeat. */
  earn(): void {
    this.#tokens = Math.min(RetryBudget.most, this.#tokens + RetryBudget.share);
  }

  /** Takes one repeat; false when there is none left. */
  spend(): boolean {
    const now = this.#now();
    if (this.#tokens < RetryBudget.reserve) {
      this.#tokens = Math.min(RetryBudget.reserve, this.#tokens + (now - this.#refilled) / RetryBudget.refill);
    }
    this.#refilled = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

/** Whether a failed request may be sent again by itself. */
export type Repeat =
  | 'no'
  /** It did not run; flespi said so, or nothing had been sent. */
  | 'did-not-run'
  /** It may have run, but that changes nothing or the author consents. */
  | 'harmless';

/** Pure: what a failure means for sending again. Reads change nothing; for writes only what surely did not run counts. */
export function mayRepeat(method: Method, error: FlespiError, repeatUnsafe = false): Repeat {
  const harmless = method === 'GET' || repeatUnsafe ? 'harmless' : 'no';
  switch (error.code) {
    case 'FLESPI_RATE_LIMITED':
      return 'did-not-run';
    case 'FLESPI_CONNECTION_FAILED':
      // A certificate does not get better by asking again.
      return error.params['problem'] === 'certificate' || error.params['problem'] === 'not-tls' ? 'no' : 'did-not-run';
    case 'FLESPI_SERVER_ERROR':
      // 501 and 505 will say the same again.
      return error.statusCode === 501 || error.statusCode === 505 ? 'no' : harmless;
    case 'FLESPI_OUTCOME_UNKNOWN':
      return harmless;
    case 'FLESPI_INCOMPLETE_ANSWER':
      // The answer began, so a write has run.
      return method === 'GET' ? 'harmless' : 'no';
    default:
      return 'no';
  }
}

/** Full jitter: anything between nothing and a doubling bound, so that clients do not come back together. */
export function backOff(attempt: number, random: () => number = Math.random): number {
  return Math.round(random() * Math.min(cap, base * 2 ** attempt));
}

/**
 * `Retry-After` as milliseconds from now: seconds or a date (RFC 9110 section 10.2.3); undefined when there is none or it
 * makes no sense. A date in the past is 0.
 */
export function retryAfter(value: string | string[] | undefined, now: number = Date.now()): number | undefined {
  const text = (Array.isArray(value) ? value[0] : value)?.trim();
  if (text === undefined || text === '') return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) {
    const seconds = Number(text);
    return Number.isFinite(seconds) ? Math.round(seconds * 1000) : undefined;
  }
  // Date.parse reads nearly anything; only what looks like an HTTP date counts.
  if (!/^[A-Z][a-z]{2,8},? /.test(text)) return undefined;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

export interface RetryQuestion {
  method: Method;
  error: FlespiError;
  /** Repeats made so far. */
  attempt: number;
  /** Milliseconds that are left for the call. */
  remaining: number;
  repeatUnsafe?: boolean;
  budget?: RetryBudget;
  /** Unix milliseconds. */
  now?: number;
  random?: () => number;
}

/**
 * Milliseconds to wait before sending again, or the error to end with. Spends from the budget when it says yes.
 * A `Retry-After` beyond the deadline is an error that names the time, not a shorter wait.
 */
export function nextTry(question: RetryQuestion): { wait: number } | { error: FlespiError } {
  const { method, attempt, remaining, budget, now = Date.now(), random = Math.random } = question;
  const asked = retryAfter(question.error.headers?.['retry-after'], now);
  const error = asked === undefined ? question.error : withTime(question.error, asked, now);
  if (mayRepeat(method, error, question.repeatUnsafe) === 'no' || attempt >= mostTries - 1) return { error };

  // Everybody who was told the same time would come back at it together.
  const wait =
    asked === undefined ? backOff(attempt, random) : Math.round(asked * (1 + random() * 0.2)) || backOff(0, random);
  if (wait >= remaining) return { error };
  // A server that names a time has planned for the repeat; the others may be drowning.
  const invited = error.code === 'FLESPI_RATE_LIMITED';
  if (!invited && budget && !budget.spend()) return { error };
  return { wait };
}

/** The failure with the time that flespi named. */
function withTime(error: FlespiError, asked: number, now: number): FlespiError {
  return new FlespiError(error.code, {
    attempted: error.attempted,
    params: { ...error.params, seconds: Math.ceil(asked / 1000), until: new Date(now + asked).toISOString() },
    ...(error.statusCode === undefined ? {} : { statusCode: error.statusCode }),
    reasons: error.reasons,
    body: error.body,
    ...(error.headers === undefined ? {} : { headers: error.headers }),
    cause: error.cause,
  });
}
