/** PUBACKs on their way out: all of one turn of the event loop leave in one write, which costs a tenth of a write for each. */
export class AckBatch {
  #ids: number[] = [];

  constructor(private readonly write: (packets: Buffer) => void) {}

  add(packetId: number): void {
    if (this.#ids.push(packetId) === 1) setImmediate(() => this.flush());
  }

  flush(): void {
    const ids = this.#ids;
    if (ids.length === 0) return;
    this.#ids = [];
    const packets = Buffer.allocUnsafe(ids.length * 4);
    ids.forEach((id, index) => {
      // PUBACK; a remaining length of 2 means success in MQTT 5 too [MQTT-3.4.2.1].
      packets.writeUInt16BE(0x4002, index * 4);
      packets.writeUInt16BE(id, index * 4 + 2);
    });
    this.write(packets);
  }

  clear(): void {
    this.#ids = [];
  }
}
