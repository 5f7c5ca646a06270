import type { BrokerLimits } from './broker-options';
import type { BrokerStats } from './broker-stats';
import type { Delivery } from './delivery';

/** Where an outbox sends to while its session is connected. */
export interface Carrier {
  /** QoS 1 and 2 deliveries that may be open at a time: the client's Receive Maximum [MQTT-3.3.4-9]. */
  readonly receiveMaximum: number;
  /** Unsent bytes of the connection. */
  readonly backlog: number;
  /** False when the packet is larger than the client takes; it is as good as delivered then [MQTT-3.1.2-25]. */
  sendDelivery(delivery: Delivery, messageId: number | undefined, dup: boolean): boolean;
  sendRelease(messageId: number): void;
}

/** A QoS 1 or 2 delivery until it is acknowledged. */
interface Entry {
  readonly delivery: Delivery;
  /** What it counts for in the bound of the session; nothing when the retained store holds the message anyway. */
  readonly bytes: number;
  /** Given when it is first sent, and kept over connections [MQTT-4.4.0-1]. */
  messageId?: number;
  /** The client has it (PUBREC); only the release is still to be confirmed. */
  released?: boolean;
}

/**
 * What a session has still to deliver. QoS 1 and 2 in order and within the client's window; QoS 0 at once, or after a replay of
 * retained messages that is under way, so that an old value never overtakes a new one.
 */
export class Outbox {
  #carrier: Carrier | undefined;
  /**
   * Not sent on this connection, in the order in which they will be. Those that have a packet identifier come first, so that none
   * is given out again before they are open.
   */
  #queue: Entry[] = [];
  /** Index of the first entry of `#queue` that still waits; what is before it is gone. */
  #head = 0;
  /** Sent on this connection and not acknowledged, in the order of sending. Never more than the window. */
  readonly #open = new Map<number, Entry>();
  /** The client refused them (PUBACK of 128 or more); they are delivered again on the next connection. */
  #refused: Entry[] = [];
  /** QoS 0 deliveries that wait for the connection to drain: a replay, and what came live since it began. */
  #held: Delivery[] = [];
  #heldHead = 0;
  /** Bytes of the live ones among `#held`. */
  #heldBytes = 0;
  /** Bytes of `#queue`, `#open` and `#refused`. */
  #bytes = 0;
  #lastMessageId = 0;

  constructor(
    private readonly limits: BrokerLimits,
    private readonly stats: BrokerStats,
    private readonly onOverflow: () => void,
    private readonly redeliverRefused: boolean,
  ) {}

  get bytes(): number {
    return this.#bytes;
  }

  /** A connection takes over: everything unacknowledged goes out again first, in its order [MQTT-4.6.0-1]. */
  attach(carrier: Carrier): void {
    this.#carrier = carrier;
    this.pump();
  }

  detach(): void {
    this.#carrier = undefined;
    this.#held = [];
    this.#heldHead = 0;
    this.#heldBytes = 0;
    const unacknowledged = [...this.#open.values(), ...this.#refused];
    if (unacknowledged.length === 0) return;
    this.#queue = [...unacknowledged, ...this.#queue.slice(this.#head)];
    this.#head = 0;
    this.#refused = [];
    this.#open.clear();
  }

  deliver(delivery: Delivery): void {
    if (delivery.qos === 0) this.#deliverNow(delivery);
    else this.#enqueue({ delivery, bytes: delivery.message.bytes });
  }

  /** Delivers retained messages. However many they are, they wait for the connection rather than being dropped. */
  replay(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) {
      if (delivery.qos === 0) this.#held.push(delivery);
      else this.#enqueue({ delivery, bytes: 0 });
    }
    this.pump();
  }

  /** PUBACK, PUBCOMP, or a PUBREC that refuses. False for a packet identifier that is not open. */
  acknowledge(messageId: number, refused: boolean): boolean {
    const entry = this.#open.get(messageId);
    if (entry === undefined) return false;
    this.#open.delete(messageId);
    if (refused && this.redeliverRefused) {
      delete entry.messageId;
      this.#refused.push(entry);
    } else {
      this.#bytes -= entry.bytes;
    }
    this.pump();
    return true;
  }

  /** PUBREC: the message is delivered, its identifier stays in use until PUBCOMP [MQTT-4.3.3-5]. */
  release(messageId: number): boolean {
    const entry = this.#open.get(messageId);
    if (entry === undefined) return false;
    entry.released = true;
    return true;
  }

  /** Takes out the deliveries of shared subscriptions for which `elsewhere` says that another member can take them. */
  takeShared(elsewhere: (delivery: Delivery) => boolean): Delivery[] {
    const taken: Delivery[] = [];
    const kept: Entry[] = [];
    for (const entry of this.#queue.slice(this.#head)) {
      if (entry.released === true || entry.delivery.group === undefined || !elsewhere(entry.delivery)) kept.push(entry);
      else {
        taken.push(entry.delivery);
        this.#bytes -= entry.bytes;
      }
    }
    this.#queue = kept;
    this.#head = 0;
    return taken;
  }

  clear(): void {
    this.#queue = [];
    this.#head = 0;
    this.#open.clear();
    this.#refused = [];
    this.#bytes = 0;
    this.#held = [];
    this.#heldHead = 0;
    this.#heldBytes = 0;
  }

  /** Sends what the window and the connection allow. */
  pump(): void {
    const carrier = this.#carrier;
    if (carrier === undefined) return;
    while (this.#head < this.#queue.length && this.#open.size < carrier.receiveMaximum && this.#hasRoom(carrier)) {
      const entry = this.#queue[this.#head] as Entry;
      this.#head += 1;
      this.#sendEntry(carrier, entry);
    }
    if (this.#head > 1000 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    while (this.#heldHead < this.#held.length && this.#hasRoom(carrier)) {
      const delivery = this.#held[this.#heldHead] as Delivery;
      this.#heldHead += 1;
      this.#sendNow(carrier, delivery);
    }
    if (this.#heldHead > 0 && this.#heldHead === this.#held.length) {
      this.#held = [];
      this.#heldHead = 0;
      this.#heldBytes = 0;
    }
  }

  #hasRoom(carrier: Carrier): boolean {
    return carrier.backlog < this.limits.backlogBytes;
  }

  #enqueue(entry: Entry): void {
    this.#queue.push(entry);
    this.#bytes += entry.bytes;
    if (this.#bytes > this.limits.sessionBytes) {
      this.stats.dropped += this.#queue.length - this.#head + this.#open.size + this.#refused.length;
      this.clear();
      this.onOverflow();
    } else {
      this.pump();
    }
  }

  #sendEntry(carrier: Carrier, entry: Entry): void {
    const { delivery, messageId } = entry;
    if (entry.released === true && messageId !== undefined) {
      this.#open.set(messageId, entry);
      carrier.sendRelease(messageId);
      return;
    }
    const id = messageId ?? this.#nextMessageId();
    entry.messageId = id;
    this.#open.set(id, entry);
    if (carrier.sendDelivery(delivery, id, messageId !== undefined)) return;
    this.#open.delete(id);
    this.#bytes -= entry.bytes;
  }

  #deliverNow(delivery: Delivery): void {
    const carrier = this.#carrier;
    if (carrier === undefined) {
      this.stats.dropped += 1;
    } else if (this.#held.length === 0) {
      if (carrier.backlog > this.limits.dropBytes) this.stats.dropped += 1;
      else this.#sendNow(carrier, delivery);
    } else if (this.#heldBytes > this.limits.dropBytes) {
      this.stats.dropped += 1;
    } else {
      this.#held.push(delivery);
      this.#heldBytes += delivery.message.bytes;
    }
  }

  #sendNow(carrier: Carrier, delivery: Delivery): void {
    carrier.sendDelivery(delivery, undefined, false);
  }

  /** The next identifier that no open delivery uses; the window leaves at least one [MQTT-2.2.1-4]. */
  #nextMessageId(): number {
    do this.#lastMessageId = (this.#lastMessageId % 65_535) + 1;
    while (this.#open.has(this.#lastMessageId));
    return this.#lastMessageId;
  }
}
