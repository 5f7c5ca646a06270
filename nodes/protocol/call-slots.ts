import { FlespiError } from './flespi-error';

/** The right of one call to be on its way. */
export interface CallSlot {
  /** Settles when it is this call's turn. */
  turn(): Promise<void>;
  /** Gives the turn to the next, or leaves the queue. Every way out of a call comes by here, or all others would wait for ever. */
  release(): void;
}

/** So many calls at a time, first come first, and a bounded queue behind them. */
export class CallSlots {
  readonly #queue = new Set<() => void>();
  #busy = 0;

  constructor(
    private readonly inFlight: number,
    private readonly queued: number,
  ) {}

  /** Calls that wait for their turn. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** @param attempted for the error `FLESPI_QUEUE_FULL`, which `turn` may reject with */
  one(attempted: string): CallSlot {
    let held = false;
    let take: (() => void) | undefined;
    return {
      turn: () =>
        new Promise((resolve, reject) => {
          if (this.#busy < this.inFlight) {
            this.#busy += 1;
            held = true;
            resolve();
          } else if (this.#queue.size >= this.queued) {
            reject(new FlespiError('FLESPI_QUEUE_FULL', { attempted, params: { limit: this.queued } }));
          } else {
            // Whoever gets its turn in the very moment in which its time is up still has to pass it on.
            take = () => {
              held = true;
              resolve();
            };
            this.#queue.add(take);
          }
        }),
      release: () => {
        if (take) this.#queue.delete(take);
        if (held) this.#next();
        held = false;
      },
    };
  }

  #next(): void {
    const [first] = this.#queue;
    if (!first) {
      this.#busy -= 1;
      return;
    }
    this.#queue.delete(first);
    first();
  }
}
