import type { Patience } from './mqtt-refusal';

const seconds = 1000;
const minutes = 60 * seconds;

/** A link that held this long was good: what comes after it is a new outage. */
export const stableAfter = 60 * seconds;
/** A link lost sooner than this after CONNACK looks like two clients that push each other out. */
const shortLived = 10 * seconds;

const floors: Readonly<Record<Patience, number>> = {
  soon: 0,
  later: 5 * seconds,
  elsewhere: 30 * seconds,
  settings: 5 * minutes,
};

/** How an attempt to connect, or the link that came of it, ended. */
export interface Outcome {
  /** What the broker's reason code asks for; `soon` for everything that has none. */
  patience: Patience;
  /** Milliseconds between CONNACK and the loss; `undefined` when there was no CONNACK. */
  connectedFor?: number | undefined;
  /** Monotonic milliseconds of the loss. */
  at: number;
  /** It is known what did it (one SUBSCRIBE of ours), and that will not be done again. */
  explained?: boolean;
}

/**
 * When to try again. Full jitter: a random time up to a limit that doubles to a minute, so that a fleet of Node-REDs does not
 * come back in step. It starts over only after a stable minute: a broker that accepts and drops is no recovery.
 */
export class ReconnectPolicy {
  /** Failures since the last stable link. */
  #failures = 0;
  /** When links were lost soon after CONNACK, the latest last; only what lies within the last minute. */
  #shortLived: number[] = [];
  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Links lost within 10 s of CONNACK during the last minute. */
  get takeOverSuspected(): boolean {
    return this.#shortLived.length >= 3;
  }

  /** Milliseconds until the next attempt. */
  delayAfter({ patience, connectedFor, at, explained = false }: Outcome): number {
    if (connectedFor !== undefined && connectedFor >= stableAfter) this.reset();
    this.#shortLived = this.#shortLived.filter((lost) => at - lost < 60 * seconds);
    if (!explained && connectedFor !== undefined && connectedFor < shortLived) this.#shortLived.push(at);
    const limit = Math.min(minutes, seconds * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    const floor = floors[this.takeOverSuspected && floors[patience] < floors.elsewhere ? 'elsewhere' : patience];
    // Above a floor the jitter is a share of it: otherwise all wait exactly five minutes and come together.
    return floor === 0
      ? this.#random() * limit
      : floor + this.#random() * Math.max(floor * 0.2, Math.min(limit, 30 * seconds));
  }

  /** Somebody changed the settings, or asked for a connection now. */
  reset(): void {
    this.#failures = 0;
    this.#shortLived = [];
  }
}
