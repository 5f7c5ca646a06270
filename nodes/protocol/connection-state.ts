import type { FlespiError } from './flespi-error';

/** Where the one MQTT connection of an account is, with the reason where there is one. */
export type ConnectionState =
  /** Nobody needs it. */
  | { kind: 'idle' }
  | { kind: 'connecting' }
  /** `sessionPresent` false after a loss with a persistent session means that messages may be missing. */
  | { kind: 'connected'; sessionPresent: boolean; warning?: FlespiError }
  /** Lost or not reached; the next attempt is at `retryAt` (unix ms). */
  | { kind: 'waiting'; reason: FlespiError; retryAt: number }
  /** Closed for good. */
  | { kind: 'closed' };

/** What one subscription of one node is doing. */
export type SubscriptionState =
  | { kind: 'pending' }
  | { kind: 'subscribed'; qos: 0 | 1; warning?: FlespiError }
  | { kind: 'refused'; reason: FlespiError };
