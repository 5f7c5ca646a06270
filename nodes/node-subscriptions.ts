import type { SubscriptionState } from './protocol/connection-state';
import type { FlespiError } from './protocol/flespi-error';
import type { MqttConnection } from './protocol/mqtt-connection';
import type { Delivery, Subscription, SubscriptionRequest } from './protocol/subscription';

export interface SubscriptionsOptions {
  connection: MqttConnection;
  /** The node's id: who comes back after a redeploy is known by it. */
  name: string;
  message: (delivery: Delivery, confirm?: () => void) => void;
  /** Messages of one topic that the node has at most without having confirmed them; none when it need not confirm. */
  window: number | undefined;
  changed: () => void;
}

/** How many of a node's subscriptions work, and what is wrong with the first that does not. */
export interface SubscriptionsSummary {
  wanted: number;
  done: number;
  reason?: FlespiError;
  /** Messages that wait, that the flow has and did not confirm, and of QoS 0 that there was no room for. */
  held: number;
  unconfirmed: number;
  dropped: number;
}

/** The subscriptions of one node, by topic filter: those of its form, and those that messages added. */
export class NodeSubscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #byFilter = new Map<string, Subscription>();
  /** Called after each change of a state; those who wait for the broker's answer to one subscription. */
  readonly #waiting = new Set<() => void>();
  /** Makes a publication that several of the node's topics match one message. */
  readonly #owner = {};

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** Subscribes, or replaces a subscription to the same topic whose options differ. */
  add(request: SubscriptionRequest): Subscription {
    const present = this.#byFilter.get(request.filter);
    if (present && same(present.request, request)) return present;
    if (present) void present.close(true);
    const { connection, name, message, window, changed } = this.#options;
    const subscription = connection.subscribe(request, {
      name,
      owner: this.#owner,
      message,
      ...(window === undefined ? {} : { confirms: { window } }),
      state: () => {
        for (const look of this.#waiting) look();
        changed();
      },
    });
    this.#byFilter.set(request.filter, subscription);
    return subscription;
  }

  /** The state that a subscription has when the broker has answered, or that it has when the signal is aborted. */
  settled(subscription: Subscription, signal: AbortSignal): Promise<SubscriptionState> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (subscription.state.kind === 'pending' && !signal.aborted) return;
        this.#waiting.delete(look);
        signal.removeEventListener('abort', look);
        resolve(subscription.state);
      };
      this.#waiting.add(look);
      signal.addEventListener('abort', look);
      look();
    });
  }

  /** False when there was none. */
  async remove(filter: string): Promise<boolean> {
    const subscription = this.#byFilter.get(filter);
    if (!subscription) return false;
    this.#byFilter.delete(filter);
    await subscription.close(true);
    return true;
  }

  async removeAll(): Promise<void> {
    await this.close(true);
  }

  get list(): readonly Subscription[] {
    return [...this.#byFilter.values()];
  }

  get summary(): SubscriptionsSummary {
    const summary: SubscriptionsSummary = { wanted: 0, done: 0, held: 0, unconfirmed: 0, dropped: 0 };
    for (const { state, backlog } of this.#byFilter.values()) {
      summary.wanted += 1;
      summary.held += backlog.held;
      summary.unconfirmed += backlog.unconfirmed;
      summary.dropped += backlog.dropped;
      if (state.kind === 'subscribed') summary.done += 1;
      const reason = problemOf(state);
      // A refusal matters more than a warning.
      if (reason && (state.kind === 'refused' || !summary.reason)) summary.reason = reason;
    }
    return summary;
  }

  /** @param forget nobody will come back for them: the broker is told at once */
  async close(forget: boolean): Promise<void> {
    const all = this.list;
    this.#byFilter.clear();
    await Promise.allSettled(all.map((subscription) => subscription.close(forget)));
  }
}

function problemOf(state: SubscriptionState): FlespiError | undefined {
  if (state.kind === 'refused') return state.reason;
  return state.kind === 'subscribed' ? state.warning : undefined;
}

function same(left: SubscriptionRequest, right: SubscriptionRequest): boolean {
  return (
    left.qos === right.qos &&
    left.retainHandling === right.retainHandling &&
    left.noLocal === right.noLocal &&
    left.cid === right.cid
  );
}
