import type { AckTicket } from './ack-ledger';
import { Fifo } from './fifo';
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

/** One that waits, and where in the line: smaller is earlier. */
interface Place {
  held: HeldDelivery;
  place: number;
}

/** A fixed part for the object, the topic and the properties beside the payload. */
const overhead = 512;

/**
 * What waits for one listener, in order. Beyond the bound the oldest message of QoS 0 is dropped and counted. Messages of
 * QoS 1 are not: they are not acknowledged, and the broker stops by itself (Receive Maximum).
 */
export class HeldDeliveries {
  /** In the order in which they came; apart, because only those of QoS 0 are dropped. */
  readonly #atMostOnce = new Fifo<Place>();
  readonly #atLeastOnce = new Fifo<Place>();
  #bytes = 0;
  #next = 0;
  dropped = 0;

  constructor(private readonly bounds: HoldBounds) {}

  get size(): number {
    return this.#atMostOnce.size + this.#atLeastOnce.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(held: HeldDelivery): void {
    this.#queueOf(held).push({ held, place: this.#next });
    this.#next += 1;
    this.#bytes += sizeOf(held);
    while (this.#atMostOnce.size > 0 && (this.size > this.bounds.messages || this.#bytes > this.bounds.bytes)) {
      this.#take(this.#atMostOnce);
      this.dropped += 1;
    }
  }

  shift(): HeldDelivery | undefined {
    const [once, surely] = [this.#atMostOnce.first, this.#atLeastOnce.first];
    return this.#take(once && (!surely || once.place < surely.place) ? this.#atMostOnce : this.#atLeastOnce);
  }

  /** To the front, in this order; the bound does not apply to what had been taken out already. */
  putBack(held: readonly HeldDelivery[]): void {
    const first = Math.min(this.#atMostOnce.first?.place ?? this.#next, this.#atLeastOnce.first?.place ?? this.#next);
    for (const [index, one] of [...held].reverse().entries()) {
      this.#queueOf(one).unshift({ held: one, place: first - 1 - index });
      this.#bytes += sizeOf(one);
    }
  }

  /** Gives all up; the broker need not keep them either. */
  clear(): void {
    for (let held = this.shift(); held; held = this.shift()) held.ticket?.release();
  }

  #queueOf({ ticket }: HeldDelivery): Fifo<Place> {
    return ticket ? this.#atLeastOnce : this.#atMostOnce;
  }

  #take(queue: Fifo<Place>): HeldDelivery | undefined {
    const held = queue.shift()?.held;
    if (held) this.#bytes -= sizeOf(held);
    return held;
  }
}

function sizeOf({ delivery }: HeldDelivery): number {
  return delivery.payload.length + delivery.topic.length * 2 + overhead;
}
