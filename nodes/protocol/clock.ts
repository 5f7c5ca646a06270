/** Time as an argument: waiting is tested by turning the hands. */
export interface Clock {
  /** Unix milliseconds, for people. Jumps when somebody sets the clock. */
  now(): number;
  /** Milliseconds that only go forward, for measuring. */
  elapsed(): number;
  /** Runs once after so many milliseconds, unless cancelled. */
  after(milliseconds: number, run: () => void): Cancel;
}

export type Cancel = () => void;

export const systemClock: Clock = {
  now: Date.now,
  elapsed: () => performance.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};
