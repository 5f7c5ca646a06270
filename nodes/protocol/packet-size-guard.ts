/**
 * Counts along an incoming MQTT stream and finds a packet that is longer than allowed when its header comes, before anything
 * is collected for it: the parser of the MQTT library looks only at whole packets. Fed with the same chunks.
 */
export class PacketSizeGuard {
  /** Bytes of the current packet that are still to come. */
  #remaining = 0;
  /** Bytes of a length that is cut by the end of a chunk; the type byte is counted too. -1 outside a header. */
  #headerBytes = -1;
  #length = 0;

  constructor(readonly most: number) {}

  /** At least how long the first packet is that is too long; `undefined` when there is none. */
  push(chunk: Uint8Array): number | undefined {
    let at = 0;
    while (at < chunk.length) {
      if (this.#remaining > 0) {
        const skipped = Math.min(this.#remaining, chunk.length - at);
        this.#remaining -= skipped;
        at += skipped;
        continue;
      }
      if (this.#headerBytes < 0) {
        this.#headerBytes = 0;
        this.#length = 0;
        at += 1;
        continue;
      }
      const byte = chunk[at] as number;
      at += 1;
      // Variable Byte Integer, seven bits a byte, at most four bytes [MQTT-1.5.5].
      this.#length += (byte & 0x7f) * 128 ** this.#headerBytes;
      this.#headerBytes += 1;
      if (this.#length > this.most) return this.#length;
      if (byte >= 0x80 && this.#headerBytes < 4) continue;
      this.#remaining = this.#length;
      this.#headerBytes = -1;
    }
    return undefined;
  }
}
