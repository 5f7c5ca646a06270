/** One message of QoS 1 on its way through this process. */
export interface AckTicket {
  /** One of its holders is done with it; with the last it is acknowledged. */
  release(): void;
}

interface Entry {
  packetId: number;
  bytes: number;
  holders: number;
}

export interface LedgerBounds {
  /** Messages that the broker sends before it waits for an acknowledgement (Receive Maximum). */
  window: number;
  /** Messages and bytes that are held for want of an acknowledgement at most, whatever the broker does. */
  messages: number;
  bytes: number;
}

/**
 * The messages of QoS 1 of one link that are not acknowledged yet. PUBACKs leave in the order in which the messages came
 * [MQTT-4.6.0-2], so a message that is still held keeps back those behind it. But when it has kept back most of what the
 * broker may send at all, the others go first: one slow flow must not stop all nodes of the account.
 */
export class AckLedger {
  #entries: Entry[] = [];
  #bytes = 0;
  #void = false;
  /** Those who wait for the ledger not to be full. */
  #waiting: (() => void)[] = [];

  constructor(
    private readonly acknowledge: (packetId: number) => void,
    private readonly bounds: LedgerBounds,
  ) {}

  /** Messages not acknowledged. */
  get size(): number {
    return this.#entries.length;
  }

  /** Some brokers keep no limit (Mosquitto 2.0.11), and MQTT 3.1.1 has none. */
  get full(): boolean {
    return this.#entries.length >= this.bounds.messages || this.#bytes >= this.bounds.bytes;
  }

  /** Settles as soon as it is not full, or void. */
  room(): Promise<void> {
    return new Promise((resolve) => {
      if (this.full && !this.#void) this.#waiting.push(resolve);
      else resolve();
    });
  }

  add(packetId: number, bytes: number, holders: number): AckTicket {
    const entry: Entry = { packetId, bytes, holders };
    this.#entries.push(entry);
    this.#bytes += bytes;
    return {
      release: () => {
        entry.holders -= 1;
        // An acknowledgement belongs to its own connection: on the next one the id is another message's.
        if (entry.holders === 0 && !this.#void) this.#drain();
      },
    };
  }

  /** The link is gone; the broker sends again what was not acknowledged. */
  void(): void {
    this.#void = true;
    this.#entries = [];
    this.#bytes = 0;
    this.#makeRoom();
  }

  #drain(): void {
    let done = 0;
    while (this.#entries[done]?.holders === 0) {
      this.#settle(this.#entries[done] as Entry);
      done += 1;
    }
    if (done > 0) this.#entries.splice(0, done);
    if (this.#entries.length >= this.bounds.window * 0.75) {
      this.#entries = this.#entries.filter((entry) => {
        if (entry.holders > 0) return true;
        this.#settle(entry);
        return false;
      });
    }
    if (!this.full) this.#makeRoom();
  }

  #settle({ packetId, bytes }: Entry): void {
    this.#bytes -= bytes;
    this.acknowledge(packetId);
  }

  #makeRoom(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
