import type { Cancel, Clock } from './clock';

/** Timers of one owner, which end with it. */
export class Timers {
  readonly #pending = new Set<Cancel>();

  constructor(private readonly clock: Clock) {}

  after(milliseconds: number, run: () => void): void {
    const cancel = this.clock.after(milliseconds, () => {
      this.#pending.delete(cancel);
      run();
    });
    this.#pending.add(cancel);
  }

  clear(): void {
    for (const cancel of this.#pending) cancel();
    this.#pending.clear();
  }
}
