import type { Clock } from './clock';
import { FlespiError } from './flespi-error';
import { abortReason } from './wait';

/** The one limit of time of a call, and its ways to end early. */
export class Deadline {
  readonly #clock: Clock;
  readonly #end: number;
  readonly #ends: (() => void)[] = [];
  readonly #stop: Promise<never>;
  #reject: (error: FlespiError) => void = () => {};
  #reason: (() => FlespiError | undefined) | undefined;

  constructor(
    clock: Clock,
    private readonly attempted: string,
    { signal, timeout }: { signal: AbortSignal; timeout: number },
  ) {
    this.#clock = clock;
    this.#end = clock.elapsed() + timeout;
    this.#stop = new Promise((_, reject) => {
      this.#reject = reject;
    });
    this.#stop.catch(() => {});
    // The caller may have a better word than "aborted": its own time is up, for example.
    const abort = (): void => this.#reject(abortReason(signal, attempted));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    this.onEnd(() => signal.removeEventListener('abort', abort));
    this.onEnd(
      clock.after(timeout, () => {
        this.#reject(
          this.#reason?.() ?? new FlespiError('FLESPI_TIMEOUT', { attempted, params: { seconds: timeout / 1000 } }),
        );
      }),
    );
  }

  abort(): void {
    this.#reject(new FlespiError('FLESPI_ABORTED', { attempted: this.attempted }));
  }

  get left(): number {
    return this.#end - this.#clock.elapsed();
  }

  /** @param reason a better word than "timeout" when time is up, if there is one */
  race<Result>(what: Promise<Result>, reason?: () => FlespiError | undefined): Promise<Result> {
    this.#reason = reason;
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
