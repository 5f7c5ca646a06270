import { FlespiError } from './flespi-error';

/** Why a signal was aborted, as an error of ours: its own reason where that is one, otherwise FLESPI_ABORTED. */
export function abortReason(signal: AbortSignal, attempted: string): FlespiError {
  const reason: unknown = signal.reason;
  return reason instanceof FlespiError ? reason : new FlespiError('FLESPI_ABORTED', { attempted, cause: reason });
}

/** Resolves after the time, or rejects as soon as the signal is aborted; leaves neither timer nor listener behind. */
export function wait(milliseconds: number, signal: AbortSignal, attempted: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(abortReason(signal, attempted));
      return;
    }
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      if (signal.aborted) reject(abortReason(signal, attempted));
      else resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end, { once: true });
  });
}
