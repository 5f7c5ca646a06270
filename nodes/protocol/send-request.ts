import type { Progress, Transport, WireAnswer, WireCall } from './call';
import { FlespiError } from './flespi-error';
import type { Pace } from './pace';
import { nextTry, retryAfter, type RetryBudget } from './retry';
import { wait } from './wait';

/** What a request needs of its surroundings. */
export interface SendContext {
  transport: Transport;
  attempted: string;
  /** Milliseconds for one request. */
  timeout: number;
  /** Milliseconds that are left for the whole call. */
  remaining: () => number;
  repeatUnsafe: boolean;
  now: () => number;
  random: () => number;
  pace?: Pace | undefined;
  retry?: RetryBudget | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * Sends one request at the account's pace, and again where that is safe. `judge` makes something of the answer, or throws a
 * FlespiError that counts as a failure of the request.
 */
export async function sendRequest<Judged>(
  call: WireCall,
  context: SendContext,
  signal: AbortSignal,
  judge: (answer: WireAnswer) => Judged,
): Promise<Judged> {
  const { transport, attempted, pace, retry, now, random, onProgress } = context;
  for (let attempt = 0; ; attempt += 1) {
    const leave = await pace?.enter(signal, attempted, (waiting) =>
      onProgress?.({
        kind: 'waiting',
        reason: waiting.reason,
        ...('until' in waiting ? { until: waiting.until } : { until: now() }),
      }),
    );
    let failure: FlespiError;
    try {
      if (attempt === 0) retry?.earn();
      // The deadline of the whole call is in the signal.
      const answer = await transport.send(call, { signal, timeout: context.timeout });
      return judge(answer);
    } catch (error) {
      if (!(error instanceof FlespiError)) throw error;
      failure = error;
    } finally {
      leave?.();
    }
    const decision = nextTry({
      method: call.method,
      error: failure,
      attempt,
      remaining: context.remaining(),
      repeatUnsafe: context.repeatUnsafe,
      ...(retry ? { budget: retry } : {}),
      now: now(),
      random,
    });
    if ('error' in decision) throw decision.error;
    // Everybody else of this account would be refused too.
    const pause =
      failure.code === 'FLESPI_RATE_LIMITED' ? retryAfter(failure.headers?.['retry-after'], now()) : undefined;
    if (pause !== undefined) pace?.pause(pause);
    onProgress?.({
      kind: 'waiting',
      until: now() + decision.wait,
      reason: pause === undefined ? 'retry' : 'rate-limit',
    });
    await wait(decision.wait, signal, attempted);
  }
}
