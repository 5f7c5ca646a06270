import type { Clock } from './clock';
import { FlespiError, type FlespiErrorCode } from './flespi-error';

/** The one limit of time of a call, and its ways to end early. */
export class Deadline {
  readonly #clock: Clock;
  readonly #end: number;
  readonly #ends: (() => void)[] = [];
  readonly #stop: Promise<never>;
  #reason: (() => FlespiError) | undefined;

  constructor(
    clock: Clock,
    attempted: string,
    { signal, timeout }: { signal: AbortSignal; timeout: number },
    closed: AbortSignal,
  ) {
    this.#clock = clock;
    this.#end = clock.elapsed() + timeout;
    let reject: (error: FlespiError) => void = () => {};
    this.#stop = new Promise((_, fail) => {
      reject = fail;
    });
    this.#stop.catch(() => {});
    const error = (code: FlespiErrorCode, params = {}) => reject(new FlespiError(code, { attempted, params }));
    const abort = (): void => error('FLESPI_ABORTED');
    for (const one of [signal, closed]) {
      if (one.aborted) abort();
      one.addEventListener('abort', abort, { once: true });
      this.onEnd(() => one.removeEventListener('abort', abort));
    }
    this.onEnd(
      clock.after(timeout, () => {
        const better = this.#reason?.();
        if (better) reject(better);
        else error('FLESPI_TIMEOUT', { seconds: timeout / 1000 });
      }),
    );
  }

  get left(): number {
    return this.#end - this.#clock.elapsed();
  }

  /** @param reason a better word than "timeout" when time is up, if there is one */
  race<Result>(what: Promise<Result>, reason?: () => FlespiError | undefined): Promise<Result> {
    this.#reason = reason as () => FlespiError;
    // Whichever loses has nobody who listens.
    what.catch(() => {});
    return Promise.race([what, this.#stop]);
  }

  onEnd(run: () => void): void {
    this.#ends.push(run);
  }

  end(): void {
    for (const run of this.#ends) run();
  }
}
