import type { IPublishPacket } from 'mqtt';
import type { AckTicket } from './ack-ledger';
import type { HoldBounds } from './held-deliveries';

interface Orphan {
  packet: IPublishPacket;
  ticket: AckTicket;
}

/**
 * What a resumed session sends before the node that wants it is there: after a restart of Node-RED the broker begins at once,
 * while a flow may subscribe only when its first message runs. Only QoS 1, not acknowledged meanwhile; for the grace time.
 */
export class OrphanBacklog {
  #orphans: Orphan[] = [];
  #bytes = 0;
  #open = false;

  constructor(private readonly bounds: HoldBounds) {}

  begin(): void {
    this.#open = true;
  }

  /** Whether it keeps messages that nobody wants, as long as there is room. */
  get keeps(): boolean {
    return this.#open && this.#orphans.length < this.bounds.messages && this.#bytes < this.bounds.bytes;
  }

  keep(packet: IPublishPacket, ticket: AckTicket): void {
    this.#orphans.push({ packet, ticket });
    this.#bytes += packet.payload.length;
  }

  /** Gives away those whose topic matches, in order. */
  take(matches: (topic: string) => boolean): Orphan[] {
    const taken = this.#orphans.filter(({ packet }) => matches(packet.topic));
    if (taken.length > 0) this.#orphans = this.#orphans.filter((orphan) => !taken.includes(orphan));
    for (const { packet } of taken) this.#bytes -= packet.payload.length;
    return taken;
  }

  /** Nobody came for the rest: it is acknowledged, or it would come with every connection. */
  end(): void {
    this.#open = false;
    for (const { ticket } of this.#orphans) ticket.release();
    this.#orphans = [];
    this.#bytes = 0;
  }
}
