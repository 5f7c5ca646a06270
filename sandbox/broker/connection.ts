import type { Duplex } from 'node:stream';
import { generate, type Packet } from 'mqtt-packet';
import type { BrokerLimits } from './broker-options';
import type { ProtocolVersion } from './encode-delivery';
import { checkPacket } from './packet-check';
import { PacketReader } from './packet-reader';
import { resetStream } from '../reset-stream';

/** What a connection tells its user. None of it is called after `onClose`. */
export interface ConnectionEvents {
  onPacket(packet: Packet): void;
  /**
   * The peer broke the rules (PacketError), or a handler failed over what it sent. The user answers as the protocol version asks and
   * ends the connection.
   */
  onViolation(error: unknown): void;
  /** Everything that was written has left. */
  onDrain(): void;
  onClose(): void;
}

/** A network connection that speaks MQTT packets. It knows nothing of sessions. */
export class Connection {
  /** As in the CONNECT packet; before it, the one that every client understands. */
  version: ProtocolVersion = 4;
  /** Largest packet that is read. */
  packetBytes: number;
  readonly #reader: PacketReader;
  /** Packets of this turn of the event loop; they leave together in one write. */
  #outgoing: Buffer[] = [];
  #outgoingBytes = 0;
  /** Connections of publishers that wait until this one has drained. */
  readonly #waiting = new Set<Connection>();
  /** Set while a publisher that waited for this one gave up; nobody waits for it until it has drained. */
  #stalled = false;
  /** Who waits in `room`. */
  readonly #wanted = new Set<() => void>();
  #pause: NodeJS.Timeout | undefined;
  #keepAlive: NodeJS.Timeout | undefined;
  #lastRead = performance.now();
  /** Reading has ended: the peer is being sent away, or a fault makes us deaf. */
  #deaf = false;
  /** A fault lets nothing out. */
  #mute = false;
  #closed = false;

  constructor(
    private readonly stream: Duplex,
    readonly ip: string,
    private readonly limits: BrokerLimits,
    private readonly events: ConnectionEvents,
  ) {
    this.packetBytes = limits.packetBytes;
    this.#reader = new PacketReader(() => this.packetBytes);
    stream.on('data', (chunk: Buffer) => this.#read(chunk));
    stream.on('drain', () => this.#drained());
    // What matters of an error is the close that follows.
    stream.on('error', () => stream.destroy());
    stream.on('end', () => stream.destroy());
    stream.on('close', () => this.#close());
  }

  /** Resolves when the stream has closed. */
  get whenClosed(): Promise<void> {
    return this.#closed ? Promise.resolve() : new Promise((resolve) => this.stream.once('close', () => resolve()));
  }

  /** Bytes that wait for the peer. */
  get backlog(): number {
    return this.stream.writableLength + this.#outgoingBytes;
  }

  send(packet: Packet): void {
    this.sendBytes(generate(packet, { protocolVersion: this.version }));
  }

  sendBytes(bytes: Buffer): void {
    if (this.#closed || this.#mute) return;
    if (this.#outgoing.length === 0) process.nextTick(() => this.flush());
    this.#outgoing.push(bytes);
    this.#outgoingBytes += bytes.length;
  }

  flush(): void {
    const packets = this.#outgoing;
    if (packets.length === 0) return;
    const bytes = packets.length === 1 ? (packets[0] as Buffer) : Buffer.concat(packets, this.#outgoingBytes);
    this.#outgoing = [];
    this.#outgoingBytes = 0;
    if (!this.stream.writable) return;
    // When the system takes it all at once, no `drain` follows, and who found the connection full would wait for nothing.
    if (this.stream.write(bytes) && bytes.length * 2 >= this.limits.backlogBytes) setImmediate(() => this.#drained());
  }

  /** Closes when nothing is read for one and a half times the seconds [MQTT-3.1.2-22]; never with 0. */
  keepAlive(seconds: number, onTimeout: () => void): void {
    clearTimeout(this.#keepAlive);
    if (seconds === 0) return;
    const bound = seconds * 1500;
    const check = (): void => {
      const left = this.#lastRead + bound - performance.now();
      // A publisher that we do not read from cannot be blamed for its silence.
      if (left <= 0 && !this.stream.isPaused()) onTimeout();
      else this.#keepAlive = setTimeout(check, Math.max(left, 50));
    };
    this.#keepAlive = setTimeout(check, bound);
  }

  /** Stops reading until the other connection has drained or closed; a bounded time at most, or one dead peer would stop all. */
  waitFor(other: Connection): void {
    if (other.#stalled || other.#closed || this.#closed || this.#pause !== undefined) return;
    other.#waiting.add(this);
    this.stream.pause();
    this.#pause = setTimeout(() => {
      other.#stalled = true;
      other.#waiting.delete(this);
      this.#resume();
    }, this.limits.pauseMilliseconds);
  }

  /** Resolves when less than `backlogBytes` wait for the peer, when the connection has closed, or after the time. */
  async room(milliseconds: number): Promise<void> {
    const until = performance.now() + milliseconds;
    while (!this.#closed && this.backlog >= this.limits.backlogBytes) {
      const left = until - performance.now();
      if (left <= 0) return;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          this.#wanted.delete(done);
          resolve();
        };
        const timer = setTimeout(done, left);
        this.#wanted.add(done);
      });
    }
  }

  /** Sends what is left, then ends; a peer that does not take it is cut off. */
  end(last?: Packet): void {
    if (this.#closed || this.#deaf) return;
    if (last !== undefined) this.send(last);
    this.flush();
    this.#deaf = true;
    clearTimeout(this.#keepAlive);
    this.stream.end();
    this.#resume();
    const cut = setTimeout(() => this.destroy(), this.limits.closeMilliseconds);
    this.stream.once('close', () => clearTimeout(cut));
  }

  destroy(): void {
    this.stream.destroy();
  }

  reset(): void {
    resetStream(this.stream);
  }

  /** A fault: the link stays open, nothing is read and nothing is written any more. */
  silence(): void {
    this.#mute = true;
    this.#deaf = true;
    this.#outgoing = [];
    this.#outgoingBytes = 0;
    clearTimeout(this.#keepAlive);
  }

  #read(chunk: Buffer): void {
    if (this.#deaf) return;
    this.#lastRead = performance.now();
    try {
      for (const { packet, bytes } of this.#reader.read(chunk)) {
        checkPacket(packet, bytes);
        this.events.onPacket(packet);
        if (this.#deaf || this.#closed) return;
      }
    } catch (error) {
      this.events.onViolation(error);
    }
  }

  #drained(): void {
    if (this.#closed) return;
    this.#stalled = false;
    this.#release();
    this.events.onDrain();
  }

  #release(): void {
    for (const publisher of this.#waiting) publisher.#resume();
    this.#waiting.clear();
    for (const done of this.#wanted) done();
  }

  #resume(): void {
    clearTimeout(this.#pause);
    this.#pause = undefined;
    this.stream.resume();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#keepAlive);
    clearTimeout(this.#pause);
    this.#release();
    this.events.onClose();
  }
}
