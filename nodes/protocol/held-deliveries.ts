import type { AckTicket } from './ack-ledger';
import type { Delivery } from './subscription';

export interface HeldDelivery {
  delivery: Delivery;
  /** Only for QoS 1: what is held is not acknowledged, so that the broker keeps it too. */
  ticket: AckTicket | undefined;
}

export interface HoldBounds {
  messages: number;
  bytes: number;
}

/** A fixed part for the object, the topic and the properties beside the payload. */
const overhead = 512;

/**
 * What waits for one listener, in order. Beyond the bound the oldest message of QoS 0 is dropped and counted. Messages of
 * QoS 1 are not: they are not acknowledged, and the broker stops by itself (Receive Maximum).
 */
export class HeldDeliveries {
  #queue: HeldDelivery[] = [];
  /** Where the queue begins: shifting a long array for every message would cost its length each time. */
  #head = 0;
  #bytes = 0;
  #atMostOnce = 0;
  dropped = 0;

  constructor(private readonly bounds: HoldBounds) {}

  get size(): number {
    return this.#queue.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(held: HeldDelivery): void {
    this.#queue.push(held);
    this.#bytes += sizeOf(held);
    if (!held.ticket) this.#atMostOnce += 1;
    while (this.#atMostOnce > 0 && (this.size > this.bounds.messages || this.#bytes > this.bounds.bytes)) {
      this.#dropOldest();
    }
  }

  shift(): HeldDelivery | undefined {
    const held = this.#queue[this.#head];
    if (!held) return undefined;
    this.#head += 1;
    if (this.#head > 64 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    this.#forget(held);
    return held;
  }

  /** To the front, in this order; the bound does not apply to what had been taken out already. */
  putBack(held: readonly HeldDelivery[]): void {
    this.#queue = [...held, ...this.#queue.slice(this.#head)];
    this.#head = 0;
    for (const one of held) {
      this.#bytes += sizeOf(one);
      if (!one.ticket) this.#atMostOnce += 1;
    }
  }

  /** Gives all up; the broker need not keep them either. */
  clear(): void {
    for (let held = this.shift(); held; held = this.shift()) held.ticket?.release();
  }

  #dropOldest(): void {
    const at = this.#queue.findIndex((held, index) => index >= this.#head && !held.ticket);
    const [held] = this.#queue.splice(at, 1);
    if (held) this.#forget(held);
    this.dropped += 1;
  }

  #forget(held: HeldDelivery): void {
    this.#bytes -= sizeOf(held);
    if (!held.ticket) this.#atMostOnce -= 1;
  }
}

function sizeOf({ delivery }: HeldDelivery): number {
  return delivery.payload.length + delivery.topic.length * 2 + overhead;
}
