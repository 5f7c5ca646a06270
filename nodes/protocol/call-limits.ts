import { setMaxListeners } from 'node:events';
import { FlespiError } from './flespi-error';

/** Why what is still under way ends with its call. Made once: without a reason of ours each abort makes an error, with its stack. */
const callEnded = new FlespiError('FLESPI_ABORTED', { attempted: 'call' });

/** One signal for a call: the caller's, the deadline, and the end of the generator. */
export class CallLimits {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #outer: AbortSignal;
  readonly #abort = (): void => this.#controller.abort(this.#outer.reason);

  constructor(outer: AbortSignal, deadline: number, attempted: string) {
    this.#outer = outer;
    this.#timer = setTimeout(() => {
      this.#controller.abort(
        new FlespiError('FLESPI_TIMEOUT', { attempted, params: { problem: 'deadline', seconds: deadline / 1000 } }),
      );
    }, deadline);
    // Every call under way and every page of it listens; that is their number, not a leak.
    setMaxListeners(0, outer, this.#controller.signal);
    if (outer.aborted) this.#abort();
    else outer.addEventListener('abort', this.#abort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#outer.removeEventListener('abort', this.#abort);
    this.#controller.abort(callEnded);
  }
}
