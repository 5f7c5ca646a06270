import { FlespiError } from './flespi-error';
import { abortReason } from './wait';

export interface PaceOptions {
  /** Most requests that begin within any second; no limit when left out. */
  perSecond?: number;
  /** Most requests that begin within any minute (flespi: "api_calls" of an account's limits). */
  perMinute?: number;
  /** Most requests at a time. */
  concurrency?: number;
  /** Most requests that wait; the next one is refused. */
  queue?: number;
  /** Milliseconds that never go back. */
  monotonic?: () => number;
  /** Unix milliseconds, for what is shown. */
  now?: () => number;
}

/** Why a request waits, and until when (unix ms) where that is known. */
export type Waiting = { reason: 'rate-limit'; until: number } | { reason: 'queue' };

interface Waiter {
  start: () => void;
  fail: (error: FlespiError) => void;
  onWait: ((waiting: Waiting) => void) | undefined;
  /** What it was told last; 0 for the queue. */
  told: number | undefined;
}

/** Smallest change of a time, in milliseconds, that is worth telling to everybody who waits. */
const newsworthy = 1000;

/**
 * The pace of one account, shared by all its nodes: how many requests at a time, how many within a second and a minute.
 * What has to wait does so in order, in a queue with a bound.
 */
export class Pace {
  readonly #concurrency: number;
  readonly #queueBound: number;
  readonly #windows: Window[];
  readonly #monotonic: () => number;
  readonly #now: () => number;
  /** In order of arrival. Nobody is here who could start. */
  readonly #waiters: Waiter[] = [];
  /** Requests that began and did not end. */
  #active = 0;
  /** Monotonic time before which nothing begins: flespi asked for a pause. */
  #pausedUntil = -Infinity;
  /** Set exactly while the head of the queue waits for a window or a pause. */
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: PaceOptions = {}) {
    this.#concurrency = options.concurrency ?? 8;
    this.#queueBound = options.queue ?? 1000;
    this.#monotonic = options.monotonic ?? (() => performance.now());
    this.#now = options.now ?? Date.now;
    this.#windows = [
      ...(options.perSecond === undefined ? [] : [new Window(options.perSecond, 1000)]),
      ...(options.perMinute === undefined ? [] : [new Window(options.perMinute, 60_000)]),
    ];
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiters.length;
  }

  /** How many are under way. */
  get active(): number {
    return this.#active;
  }

  /**
   * Resolves when the request may begin, with the function to call when it has ended, however it ended.
   * Rejects with FLESPI_QUEUE_FULL, or with the reason of the signal.
   */
  enter(signal: AbortSignal, attempted: string, onWait?: (waiting: Waiting) => void): Promise<() => void> {
    if (signal.aborted) return Promise.reject(abortReason(signal, attempted));
    if (this.#closed) return Promise.reject(new FlespiError('FLESPI_ABORTED', { attempted }));
    if (this.#waiters.length === 0 && this.#active < this.#concurrency && this.#delay() <= 0)
      return Promise.resolve(this.#begin());
    if (this.#waiters.length >= this.#queueBound)
      return Promise.reject(
        new FlespiError('FLESPI_QUEUE_FULL', { attempted, params: { waiting: this.#waiters.length } }),
      );
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        const index = this.#waiters.indexOf(waiter);
        if (index >= 0) this.#waiters.splice(index, 1);
        waiter.fail(abortReason(signal, attempted));
        this.#admit();
      };
      const waiter: Waiter = {
        start: () => {
          signal.removeEventListener('abort', abort);
          resolve(this.#begin());
        },
        fail: (error) => {
          signal.removeEventListener('abort', abort);
          reject(error);
        },
        onWait,
        told: undefined,
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiters.push(waiter);
      this.#admit();
    });
  }

  /** Lets nothing begin for so many milliseconds: what flespi asks for with 429. */
  pause(milliseconds: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#monotonic() + milliseconds);
    if (this.#timer !== undefined) this.#rearm();
  }

  /** Fails everything that waits; what is under way has owners of its own. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const waiter of this.#waiters.splice(0))
      waiter.fail(new FlespiError('FLESPI_ABORTED', { attempted: 'waiting' }));
  }

  #begin(): () => void {
    const now = this.#monotonic();
    for (const window of this.#windows) window.take(now);
    this.#active += 1;
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#active -= 1;
      this.#admit();
    };
  }

  /** Milliseconds until the windows and pauses let something begin. */
  #delay(): number {
    const now = this.#monotonic();
    return Math.max(this.#pausedUntil - now, ...this.#windows.map((window) => window.delay(now)));
  }

  #admit(): void {
    while (this.#waiters.length > 0 && !this.#closed) {
      if (this.#active >= this.#concurrency) {
        // Whoever ends calls again.
        this.#report({ reason: 'queue' });
        return;
      }
      if (this.#delay() > 0) {
        this.#rearm();
        return;
      }
      this.#waiters.shift()?.start();
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #rearm(): void {
    clearTimeout(this.#timer);
    const delay = Math.max(1, Math.ceil(this.#delay()));
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#admit();
      },
      Math.min(delay, 2 ** 31 - 1),
    );
    this.#report({ reason: 'rate-limit', until: this.#now() + delay });
  }

  /** Tells those who wait, but nobody the same again: a thousand of them hear of every request that ends. */
  #report(waiting: Waiting): void {
    const news = waiting.reason === 'rate-limit' ? waiting.until : 0;
    for (const waiter of this.#waiters) {
      if (waiter.told !== undefined && Math.abs(waiter.told - news) < newsworthy) continue;
      waiter.told = news;
      waiter.onWait?.(waiting);
    }
  }
}

/** The last so many beginnings; the oldest of them says when there is room again, in any stretch of time of that length. */
class Window {
  readonly #length: number;
  readonly #times: Float64Array;
  #oldest = 0;

  constructor(limit: number, length: number) {
    if (!Number.isSafeInteger(limit) || limit < 1)
      throw new FlespiError('FLESPI_BAD_INPUT', {
        attempted: 'rate limit',
        params: { problem: 'whole-number', name: 'callsPerMinute', least: 1, given: String(limit) },
      });
    this.#length = length;
    this.#times = new Float64Array(limit).fill(-Infinity);
  }

  delay(now: number): number {
    return (this.#times[this.#oldest] as number) + this.#length - now;
  }

  take(now: number): void {
    this.#times[this.#oldest] = now;
    this.#oldest = (this.#oldest + 1) % this.#times.length;
  }
}
