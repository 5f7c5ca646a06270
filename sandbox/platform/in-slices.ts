/** Milliseconds that one piece of work may hold the event loop. */
const slice = 10;
/** The clock is read once in so many steps. */
const stepsPerLook = 8;
/** Work that waits for its next turn; one goes on in each turn of the event loop, however many there are. */
const waiting: (() => void)[] = [];

/**
 * Runs steps to their end and gives what they return, a few milliseconds at a time, so that whatever else there is to do is done
 * between. Rejects with what a step throws, and with the reason of the signal, at the next pause.
 */
export async function inSlices<Result>(
  steps: Iterator<unknown, Result, undefined>,
  signal: AbortSignal,
): Promise<Result> {
  let end = performance.now() + slice;
  for (let count = 1; ; count += 1) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (count % stepsPerLook !== 0 || performance.now() < end) continue;
    await turn();
    signal.throwIfAborted();
    end = performance.now() + slice;
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(next);
  });
}

function next(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(next);
}
