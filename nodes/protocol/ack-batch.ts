/**
 * PUBACKs on their way out: all of one turn of the event loop leave in one write, which costs a tenth of a write for each. They
 * leave a turn later, when Node-RED has handed the messages to the next node of each flow (it does so by `setImmediate`): a
 * process that is killed in between gets them again.
 */
export class AckBatch {
  /** Of messages that this turn brought. */
  #fresh: number[] = [];
  /** Of messages that the flows have. */
  #ripe: number[] = [];

  constructor(private readonly write: (packets: Buffer) => void) {}

  add(packetId: number): void {
    if (this.#fresh.push(packetId) === 1) setImmediate(() => this.#ripen());
  }

  /** Everything at once. */
  flush(): void {
    this.#ripe.push(...this.#fresh);
    this.#fresh = [];
    this.#send();
  }

  clear(): void {
    this.#fresh = [];
    this.#ripe = [];
  }

  #ripen(): void {
    this.#ripe.push(...this.#fresh);
    this.#fresh = [];
    setImmediate(() => this.#send());
  }

  #send(): void {
    const ids = this.#ripe;
    if (ids.length === 0) return;
    this.#ripe = [];
    const packets = Buffer.allocUnsafe(ids.length * 4);
    ids.forEach((id, index) => {
      // PUBACK; a remaining length of 2 means success in MQTT 5 too [MQTT-3.4.2.1].
      packets.writeUInt16BE(0x4002, index * 4);
      packets.writeUInt16BE(id, index * 4 + 2);
    });
    this.write(packets);
  }
}
