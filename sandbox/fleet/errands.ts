import { setMaxListeners } from 'node:events';

/** Runs something once, after so many milliseconds; gives back what calls it off. */
export type SetTimer = (run: () => void, milliseconds: number) => () => void;

const most = 10_000;

/** Waits that somebody may call off: by a signal, or all at once. Never more than ten thousand at a time. */
export class Errands {
  /** What calls off a wait; a wait is here exactly until its promise settles. */
  readonly #underWay = new Set<(reason: unknown) => void>();

  constructor(private readonly setTimer: SetTimer) {}

  /** Resolves after the time, rejects with the reason of the signal. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (this.#underWay.size >= most) return Promise.reject(new Error('Too many commands are under way'));
    // One call may command thousands of devices with one signal.
    setMaxListeners(0, signal);
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        cancel();
        signal.removeEventListener('abort', onAbort);
        this.#underWay.delete(callOff);
        settle();
      };
      const callOff = (reason: unknown): void =>
        end(() =>
          reject(reason instanceof Error ? reason : new Error('The command was called off', { cause: reason })),
        );
      const onAbort = (): void => callOff(signal.reason);
      const cancel = this.setTimer(() => end(resolve), milliseconds);
      this.#underWay.add(callOff);
      signal.addEventListener('abort', onAbort);
      if (signal.aborted) onAbort();
    });
  }

  callOffAll(reason: Error): void {
    for (const callOff of this.#underWay) callOff(reason);
  }
}
