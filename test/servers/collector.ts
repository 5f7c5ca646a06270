import type { SubscriptionState } from '../../nodes/protocol/connection-state';
import type { Delivery, SubscriptionListener } from '../../nodes/protocol/subscription';

/** A listener that keeps what it gets, and can be waited for. */
export class Collector implements SubscriptionListener {
  readonly deliveries: Delivery[] = [];
  readonly states: SubscriptionState[] = [];
  /** Of the deliveries that have to be confirmed, by payload. */
  readonly confirmations: (() => void)[] = [];
  readonly name?: string;
  readonly owner?: object;
  readonly confirms?: { window: number; deadline: number };
  #watchers: (() => void)[] = [];

  constructor(options: Pick<SubscriptionListener, 'name' | 'owner' | 'confirms'> = {}) {
    Object.assign(this, options);
  }

  /** Payloads as text, in order. */
  get texts(): string[] {
    return this.deliveries.map(({ payload }) => payload.toString());
  }

  get latest(): SubscriptionState | undefined {
    return this.states.at(-1);
  }

  message(delivery: Delivery, confirm?: () => void): void {
    this.deliveries.push(delivery);
    if (confirm) this.confirmations.push(confirm);
    this.#wake();
  }

  state(state: SubscriptionState): void {
    this.states.push(state);
    this.#wake();
  }

  async until(condition: (collector: this) => boolean): Promise<void> {
    while (!condition(this)) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  async count(messages: number): Promise<void> {
    await this.until(() => this.deliveries.length >= messages);
  }

  async is(kind: SubscriptionState['kind']): Promise<void> {
    await this.until(() => this.latest?.kind === kind);
  }

  #wake(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watcher of watchers) watcher();
  }
}
