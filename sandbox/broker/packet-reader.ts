import { parser as createParser, type Packet } from 'mqtt-packet';
import { ReasonCode } from './reason-code';

/** Bytes that are no MQTT; the connection cannot go on after them [MQTT-4.13.1-1]. */
export class PacketError extends Error {
  override name = 'PacketError';

  constructor(
    readonly reasonCode: number,
    message: string,
  ) {
    super(message);
  }
}

const noBytes = Buffer.alloc(0);
/** A fixed header is a byte of type and flags, and a Remaining Length of up to four bytes [MQTT-1.5.5-1]. */
const longestHeader = 5;
/** Type 1 and no flags [MQTT-3.1.0-1]. */
const connectHeader = 0x10;

/**
 * Cuts the bytes of a connection into packets and gives each to the codec on its own. The codec would collect bytes without a
 * bound and may read beyond the end of a malformed packet; here the length is known, and refused, before the body is there.
 */
export class PacketReader {
  readonly #codec = createParser();
  /** Beginning of a packet that is not complete: the first `#waiting` bytes of `#kept`, always less than the packet. */
  #kept = noBytes;
  #waiting = 0;
  /** Length of the packet that is being collected, header included; 0 while the header is not complete. */
  #length = 0;
  /** The first packet has been read. */
  #begun = false;
  #packet: Packet | undefined;
  #error: Error | undefined;

  constructor(private readonly largest: () => number) {
    this.#codec.on('packet', (packet) => (this.#packet = packet));
    this.#codec.on('error', (error: Error) => (this.#error = error));
  }

  /**
   * Reads the packets that are complete with this chunk, one after the other, so that the handler of one may end the reading.
   * Throws PacketError.
   */
  *read(chunk: Buffer): Generator<{ packet: Packet; bytes: Buffer }, void> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#length === 0) {
        const start = this.#waiting === 0 ? rest : Buffer.concat([this.#kept.subarray(0, this.#waiting), rest]);
        this.#waiting = 0;
        this.#length = this.#lengthOf(start);
        rest = start;
      }
      const missing = this.#length - this.#waiting;
      if (this.#length === 0 || rest.length < missing) {
        this.#keep(rest);
        return;
      }
      const bytes = this.#waiting === 0 ? rest.subarray(0, missing) : this.#complete(rest.subarray(0, missing));
      rest = rest.subarray(missing);
      this.#length = 0;
      this.#begun = true;
      yield { packet: this.#parse(bytes), bytes };
    }
  }

  /** Length of the packet that begins here; 0 when its header is not complete. */
  #lengthOf(bytes: Buffer): number {
    // Whoever speaks something else should not wait for an answer until it has sent as much as its text seems to announce.
    if (!this.#begun && bytes[0] !== connectHeader)
      throw new PacketError(ReasonCode.malformedPacket, 'The first packet is no CONNECT');
    let remaining = 0;
    for (let index = 1; index < Math.min(bytes.length, longestHeader); index += 1) {
      const byte = bytes[index] as number;
      remaining += (byte & 0x7f) * 0x80 ** (index - 1);
      if (byte >= 0x80) continue;
      const length = index + 1 + remaining;
      if (length > this.largest()) throw new PacketError(ReasonCode.packetTooLarge, `A packet of ${length} bytes`);
      return length;
    }
    if (bytes.length < longestHeader) return 0;
    throw new PacketError(ReasonCode.malformedPacket, 'A Remaining Length of more than four bytes');
  }

  /** Grows by doubling: neither a packet in single bytes nor one that only announces its size costs more than what came. */
  #keep(bytes: Buffer): void {
    const wanted = this.#waiting + bytes.length;
    if (wanted > this.#kept.length) {
      const grown = Buffer.allocUnsafe(Math.max(longestHeader, Math.min(2 * wanted, this.#length)));
      this.#kept.copy(grown, 0, 0, this.#waiting);
      this.#kept = grown;
    }
    bytes.copy(this.#kept, this.#waiting);
    this.#waiting = wanted;
  }

  /** Adds the end of the packet and hands the memory over to it. */
  #complete(end: Buffer): Buffer {
    this.#keep(end);
    const bytes = this.#kept.subarray(0, this.#length);
    this.#kept = noBytes;
    this.#waiting = 0;
    return bytes;
  }

  #parse(bytes: Buffer): Packet {
    this.#packet = undefined;
    this.#error = undefined;
    try {
      this.#codec.parse(bytes);
    } catch (error) {
      this.#error = error instanceof Error ? error : new Error(String(error));
    }
    if (this.#error !== undefined) throw new PacketError(codeOf(this.#error), this.#error.message);
    if (this.#packet === undefined) throw new PacketError(ReasonCode.malformedPacket, 'An incomplete packet');
    return this.#packet;
  }
}

function codeOf(error: Error): number {
  return /protocol ?(version|id)/i.test(error.message)
    ? ReasonCode.unsupportedProtocolVersion
    : ReasonCode.malformedPacket;
}
