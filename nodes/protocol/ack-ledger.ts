/** One message of QoS 1 on its way through this process. */
export interface AckTicket {
  /** One of its holders is done with it; with the last it is acknowledged. */
  release(): void;
}

interface Entry {
  packetId: number;
  holders: number;
}

/**
 * The messages of QoS 1 of one link that are not acknowledged yet. PUBACKs leave in the order in which the messages came
 * [MQTT-4.6.0-2], so a message that is still held keeps back those behind it. But when it has kept back most of what the
 * broker may send at all, the others go first: one slow flow must not stop all nodes of the account.
 */
export class AckLedger {
  #entries: Entry[] = [];
  #void = false;

  /** @param window messages that the broker sends before it waits for an acknowledgement (Receive Maximum) */
  constructor(
    private readonly acknowledge: (packetId: number) => void,
    private readonly window: number,
  ) {}

  /** Messages not acknowledged. */
  get size(): number {
    return this.#entries.length;
  }

  add(packetId: number, holders: number): AckTicket {
    const entry: Entry = { packetId, holders };
    this.#entries.push(entry);
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
  }

  #drain(): void {
    let done = 0;
    while (this.#entries[done]?.holders === 0) {
      this.acknowledge((this.#entries[done] as Entry).packetId);
      done += 1;
    }
    if (done > 0) this.#entries.splice(0, done);
    if (this.#entries.length < this.window * 0.75) return;
    this.#entries = this.#entries.filter((entry) => {
      if (entry.holders > 0) return true;
      this.acknowledge(entry.packetId);
      return false;
    });
  }
}
