import type { Cancel, Clock } from '../../nodes/protocol/clock';

/** A clock whose hands a test turns. */
export class FakeClock implements Clock {
  #now = 1_700_000_000_000;
  #elapsed = 0;
  #timers: { at: number; run: () => void }[] = [];

  now = (): number => this.#now;
  elapsed = (): number => this.#elapsed;

  /** Milliseconds until the next timer rings; `undefined` when none is set. */
  get next(): number | undefined {
    return this.#timers.length === 0 ? undefined : Math.min(...this.#timers.map(({ at }) => at)) - this.#elapsed;
  }

  get timers(): number {
    return this.#timers.length;
  }

  /** Somebody sets the time of day; nothing else passes. */
  jump(milliseconds: number): void {
    this.#now += milliseconds;
  }

  after(milliseconds: number, run: () => void): Cancel {
    const timer = { at: this.#elapsed + milliseconds, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  /** Lets time pass; what is due runs in its order, and what that sets too. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.#elapsed + milliseconds;
    for (;;) {
      const [due] = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!due) break;
      this.#turn(due.at);
      this.#timers = this.#timers.filter((one) => one !== due);
      due.run();
      await new Promise((resolve) => void setImmediate(resolve));
    }
    this.#turn(end);
    await new Promise((resolve) => void setImmediate(resolve));
  }

  #turn(to: number): void {
    this.#now += to - this.#elapsed;
    this.#elapsed = to;
  }
}
