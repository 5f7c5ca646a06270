import type { AckTicket } from './ack-ledger';
import type { Cancel, Clock } from './clock';
import type { SubscriptionState } from './connection-state';
import { HeldDeliveries, type HeldDelivery, type HoldBounds } from './held-deliveries';
import type { Backlog, Delivery, Subscription, SubscriptionListener, SubscriptionRequest } from './subscription';

export interface ShareOptions {
  clock: Clock;
  hold: HoldBounds;
  /** The listener has gone; the registry decides what becomes of the subscription. */
  closed(share: SubscriptionShare, forget: boolean): Promise<void>;
}

/** One listener's part in a subscription, and what waits for it. */
export class SubscriptionShare implements Subscription {
  readonly name: string | undefined;
  readonly owner: object;
  /** Gone with the listener; the share itself may stay for the grace time, and hold what comes. */
  #listener: SubscriptionListener | undefined;
  #state: SubscriptionState = { kind: 'pending' };
  #held: HeldDeliveries;
  /** What the listener has and did not confirm, oldest first, each with the end of its deadline. */
  readonly #unconfirmed = new Map<HeldDelivery, Cancel>();
  #handingOver = false;
  /** Between its beginning and the next turn of the event loop, when it has something from before: the rest of a deploy may be missing. */
  #starting = false;
  #overdue = 0;

  constructor(
    readonly request: SubscriptionRequest,
    listener: SubscriptionListener,
    private readonly options: ShareOptions,
  ) {
    this.name = listener.name;
    this.owner = listener.owner ?? listener;
    this.#listener = listener;
    this.#held = new HeldDeliveries(options.hold);
  }

  get state(): SubscriptionState {
    return this.#state;
  }

  get departed(): boolean {
    return this.#listener === undefined;
  }

  /** Whether a message of QoS 1 may have to wait here before it can be acknowledged. */
  get defers(): boolean {
    return this.#listener === undefined || this.#listener.confirms !== undefined || this.#starting;
  }

  get backlog(): Backlog {
    return {
      held: this.#held.size,
      bytes: this.#held.bytes,
      unconfirmed: this.#unconfirmed.size,
      dropped: this.#held.dropped,
      overdue: this.#overdue,
    };
  }

  enter(state: SubscriptionState): void {
    this.#state = state;
    guarded(() => this.#listener?.state?.(state));
  }

  offer(delivery: Delivery, ticket: AckTicket | undefined): void {
    const listener = this.#listener;
    if (listener && !listener.confirms && !this.#starting) {
      try {
        listener.message(delivery);
      } catch {
        // As below; written out because it happens for every message.
      }
      ticket?.release();
      return;
    }
    this.#held.push({ delivery, ticket });
    this.#handOver();
  }

  async close(forget: boolean): Promise<void> {
    if (this.departed) return;
    this.#listener = undefined;
    // Handed over and not confirmed counts as not done: whoever takes up this share gets it again.
    const again = [...this.#unconfirmed.keys()];
    for (const cancel of this.#unconfirmed.values()) cancel();
    this.#unconfirmed.clear();
    for (const { delivery } of again) delivery.dup = true;
    this.#held.putBack(again);
    if (forget) this.#held.clear();
    await this.options.closed(this, forget);
  }

  /** The listener is back after a redeploy: what waits for it, or came meanwhile, is its. */
  takeOver(from: SubscriptionShare): void {
    this.#state = from.#state;
    this.#begin();
    for (let held = from.#held.shift(); held; held = from.#held.shift()) this.#held.push(held);
  }

  /** What came before it was there. */
  inherit(delivery: Delivery, ticket: AckTicket): void {
    this.#begin();
    this.#held.push({ delivery, ticket });
  }

  /** The broker sends everything again that was not acknowledged: what is held of it would come twice. */
  dropRedelivered(): void {
    const held = this.#held;
    this.#held = new HeldDeliveries(this.options.hold);
    this.#held.dropped = held.dropped;
    for (let one = held.shift(); one; one = held.shift()) if (!one.ticket) this.#held.push(one);
  }

  /** Nobody came back. */
  abandon(): void {
    for (const cancel of this.#unconfirmed.values()) cancel();
    this.#unconfirmed.clear();
    this.#held.clear();
  }

  /** Everything is held until the other nodes of a deploy are there too: what a node sends to a missing one is lost. */
  #begin(): void {
    if (this.#starting) return;
    this.#starting = true;
    setImmediate(() => {
      this.#starting = false;
      this.#handOver();
    });
  }

  #handOver(): void {
    // A listener may confirm while it is called: the loop below goes on then, not a deeper one.
    if (this.#handingOver || this.#starting) return;
    this.#handingOver = true;
    while (this.#listener && this.#unconfirmed.size < (this.#listener.confirms?.window ?? Infinity)) {
      const held = this.#held.shift();
      if (!held) break;
      this.#give(held, this.#listener);
    }
    this.#handingOver = false;
  }

  #give(held: HeldDelivery, listener: SubscriptionListener): void {
    if (!listener.confirms) {
      guarded(() => listener.message(held.delivery));
      held.ticket?.release();
      return;
    }
    const { deadline } = listener.confirms;
    this.#unconfirmed.set(
      held,
      deadline === undefined ? () => {} : this.options.clock.after(deadline, () => this.#settle(held, true)),
    );
    // A copy: the original may have to be given to another.
    guarded(() => listener.message(copyOf(held.delivery), () => this.#settle(held, false)));
  }

  #settle(held: HeldDelivery, overdue: boolean): void {
    const cancel = this.#unconfirmed.get(held);
    if (!cancel) return;
    this.#unconfirmed.delete(held);
    cancel();
    if (overdue) this.#overdue += 1;
    held.ticket?.release();
    this.#handOver();
  }
}

function copyOf(delivery: Delivery): Delivery {
  const { payload, userProperties } = delivery;
  const copy = { ...delivery, payload: Buffer.from(payload) };
  if (userProperties) copy.userProperties = Object.assign(Object.create(null) as object, userProperties);
  return copy;
}

/** What a listener throws is its own affair; it must not keep a message from the others, or end the process. */
function guarded(run: () => void): void {
  try {
    run();
  } catch {
    // The nodes guard what they do with a message, and report it; there is nobody left to tell here.
  }
}
