import { connect, type IConnackPacket, type IPublishPacket, type MqttClient } from 'mqtt';
import { AckBatch } from './ack-batch';
import type { Clock } from './clock';
import { FlespiError } from './flespi-error';
import { LinkEnd, type LinkDown } from './link-end';
import { clientOptions, type LinkOptions } from './link-options';
import { LinkPulse } from './link-pulse';
import { PacketSizeGuard } from './packet-size-guard';
import { PendingAnswers, type Answering } from './pending-answers';
import { settleWithin } from './settle-within';

export type ServerProperties = NonNullable<IConnackPacket['properties']>;

export interface LinkEvents {
  up(connack: IConnackPacket): void;
  /** Called for every publication; returns whether the link shall acknowledge it at once. */
  publication(packet: IPublishPacket): boolean;
  /** When more is held than may be: settles as soon as the link may read on. */
  room(): Promise<void> | undefined;
  /** Exactly once, and nothing after it. */
  down(end: LinkDown): void;
}

export interface SubscribeOptions {
  qos: 0 | 1;
  noLocal: boolean;
  retainHandling: 0 | 1 | 2;
  identifier?: number | undefined;
}

/** What a SUBACK says: the granted QoS, or a reason code from 0x80. */
export interface Suback {
  code: number;
  reasonString?: string | undefined;
}

export interface PublishOptions {
  qos: 0 | 1;
  retain: boolean;
  properties?: IPublishPacket['properties'];
}

const disconnectNormally = Buffer.from([0xe0, 0]);
/** With Session Expiry Interval 0: the broker forgets the session [MQTT-3.14.2.2.2]. */
const disconnectForGood = Buffer.from([0xe0, 7, 0, 5, 0x11, 0, 0, 0, 0]);
/** Milliseconds that a broker gets to close its end, and the library to close ours. */
const closeWait = 200;

/**
 * Publications in a row before the flows get their turn. A fast broker fills a read of the socket with thousands; handed over in
 * one go they all wait in memory at once, and the garbage collector carries them from one generation to the next.
 */
const inARow = 64;

/** Tells mqtt.js not to send PUBACK itself; nothing else comes of it (its `done` takes no argument). */
const acknowledgedByUs = new Error('acknowledged out of band');

/**
 * One connection to the broker, from CONNECT to its end, over one client of mqtt.js that is thrown away afterwards: nothing
 * of an old connection (stored publishes, packet ids, late events) can act on the next. The library keeps no list of
 * subscriptions, queues nothing and never reconnects here.
 */
export class MqttLink {
  readonly #client: MqttClient;
  readonly #events: LinkEvents;
  readonly #clock: Clock;
  readonly #address: string;
  readonly #options: LinkOptions;
  readonly #pending = new PendingAnswers();
  readonly #acks: AckBatch;
  readonly #why: LinkEnd;
  readonly #pulse = new LinkPulse(() => this.#client.sendPing());
  #upAt: number | undefined;
  #sinceTurn = 0;
  #corked = false;
  #ended = false;

  constructor(options: LinkOptions, clock: Clock, events: LinkEvents) {
    this.#options = options;
    this.#clock = clock;
    this.#events = events;
    const url = new URL(options.url);
    this.#address = `${url.protocol}//${url.host}`;
    this.#why = new LinkEnd(this.#address);
    this.#acks = new AckBatch((packets) => {
      if (this.up && !this.#client.stream.destroyed) this.#client.stream.write(packets);
    });
    this.#client = connect({ ...clientOptions(options), timerVariant: this.#pulse.timerVariant });
    // Not an option of the library's: those are printed by DEBUG and util.inspect. A Buffer, because mqtt-packet prints texts.
    Object.defineProperty(this.#client.options, 'username', {
      get: () => Buffer.from(options.token()),
      enumerable: false,
    });
    this.#listen();
  }

  open(): void {
    try {
      this.#client.connect();
      const { stream } = this.#client;
      stream.on('error', (error: unknown) => this.#why.note(error));
      const guard = new PacketSizeGuard(this.#options.maximumPacketSize);
      stream.on('data', (chunk: Uint8Array) => {
        this.#pulse.heard();
        const size = guard.push(chunk);
        if (size !== undefined) this.drop(Object.assign(new Error(`${size} bytes`), { code: 'ERR_PACKET_TOO_LARGE' }));
      });
    } catch (error) {
      this.#why.note(error);
      this.#end();
    }
  }

  get up(): boolean {
    return this.#upAt !== undefined && !this.#ended;
  }

  get serverProperties(): ServerProperties {
    return this.#client.serverProperties ?? {};
  }

  subscribe(filter: string, options: SubscribeOptions): Promise<Suback> {
    const { identifier } = options;
    const properties = identifier === undefined ? {} : { subscriptionIdentifier: identifier };
    return this.#wait((settle, reject) => {
      this.#client.subscribe(
        filter,
        { qos: options.qos, nl: options.noLocal, rap: false, rh: options.retainHandling, properties },
        (error, _granted, packet) => {
          const code = packet?.granted[0];
          if (typeof code === 'number') settle({ code, reasonString: packet?.properties?.reasonString });
          else reject(error ?? new Error('SUBACK without a code'));
        },
      );
    });
  }

  unsubscribe(filter: string): Promise<void> {
    return this.#wait((settle, reject) => {
      this.#client.unsubscribe(filter, (error) => (error ? reject(error) : settle()));
    });
  }

  /** Resolves when it is written (QoS 0) or with the reason code of PUBACK (QoS 1). */
  publish(topic: string, payload: Buffer, options: PublishOptions): Promise<number> {
    return this.#wait((settle, reject) => {
      this.#client.publish(topic, payload, options, (error, packet) => {
        const code = error && 'code' in error ? error.code : reasonCodeOf(packet);
        if (typeof code === 'number') settle(code);
        else if (error) reject(error);
        else settle(0);
      });
    });
  }

  /** PUBACK for a packet of this link, with others in one write. Nothing after the link's end. */
  acknowledge(packetId: number): void {
    this.#acks.add(packetId);
  }

  /** Breaks the link as if it was lost. */
  drop(cause: Error): void {
    this.#why.note(cause);
    this.#client.stream.destroy();
  }

  /**
   * Says goodbye and closes; always ends within half a second, whatever the broker does. No event comes after the call.
   * @param forget the broker shall forget the session too
   */
  async close(forget = false): Promise<void> {
    if (this.#ended) return;
    const { up } = this;
    this.#acks.flush();
    this.#ended = true;
    this.#pending.rejectAll(new FlespiError('FLESPI_NOT_CONNECTED', { attempted: `connection to ${this.#address}` }));
    const { stream } = this.#client;
    if (up && stream) {
      await settleWithin(closeWait, (settle) => {
        stream.once('close', settle);
        stream.end(forget && this.#options.protocolVersion === 5 ? disconnectForGood : disconnectNormally);
      });
    }
    await this.#dispose();
  }

  #listen(): void {
    const client = this.#client;
    client.on('connect', (connack) => this.#guarded(() => this.#connected(connack)));
    client.on('disconnect', (packet) => {
      this.#why.disconnected(packet);
      // The broker closes too; a broker that only says so must not hold us.
      client.stream.destroy();
    });
    client.on('error', (error) => {
      const code = 'code' in error ? error.code : undefined;
      if (typeof code === 'number' && this.#upAt === undefined && error.message.startsWith('Connection refused')) {
        this.#why.refused(code, client.serverProperties?.reasonString);
      }
      this.#why.note(error, typeof code !== 'string');
      // Some errors (of the parser) leave the library with an open socket that it no longer reads.
      if (client.stream) client.stream.destroy();
    });
    client.on('close', () => this.#end());
    client.handleMessage = (packet, done) => this.#receive(packet, done);
  }

  #receive(packet: IPublishPacket, done: (error?: Error) => void): void {
    // Topic aliases are not offered, so every topic must be there [MQTT-3.3.2-8].
    if (packet.topic === '') {
      this.#client.emit('error', new Error('PUBLISH without a topic'));
      done(acknowledgedByUs);
      return;
    }
    let acknowledge = true;
    try {
      if (!this.#ended) acknowledge = this.#events.publication(packet);
    } catch (error) {
      this.#why.note(error);
    }
    if (packet.qos !== 1) {
      this.#goOn(done);
      return;
    }
    if (acknowledge && packet.messageId !== undefined) this.acknowledge(packet.messageId);
    const room = acknowledge ? undefined : this.#events.room();
    if (room) void this.#hold(room).finally(() => done(acknowledgedByUs));
    else this.#goOn(done, acknowledgedByUs);
  }

  #goOn(done: (error?: Error) => void, error?: Error): void {
    this.#sinceTurn += 1;
    if (this.#sinceTurn < inARow) {
      done(error);
      return;
    }
    this.#sinceTurn = 0;
    setImmediate(done, error);
  }

  /** Reads nothing more, not even the answer to a ping: TCP slows the broker down. Not for long: a resumed session sends again. */
  async #hold(room: Promise<void>): Promise<void> {
    const inTime = await settleWithin((this.#client.keepalive * 1000) / 2, (settle) => void room.then(settle));
    if (!inTime)
      this.drop(Object.assign(new Error('more unacknowledged messages than can be held'), { code: 'ERR_HELD' }));
  }

  #connected(connack: IConnackPacket): void {
    if (this.#ended) return;
    const { stream } = this.#client;
    // Without it a QoS 1 exchange waits 40 ms for the other side's delayed TCP acknowledgement. WebSockets set it themselves.
    if ('setNoDelay' in stream && typeof stream.setNoDelay === 'function') stream.setNoDelay(true);
    this.#upAt = this.#clock.elapsed();
    this.#events.up(connack);
  }

  #wait<Answer>(start: Answering<Answer>): Promise<Answer> {
    if (!this.up) return Promise.reject(this.#describeEnd().error);
    this.#cork();
    return this.#pending.wait(start, (error) => this.#describeEnd(error).error);
  }

  /** What is sent within a turn of the event loop leaves in one write: one for each call costs a quarter of all its time. */
  #cork(): void {
    if (this.#corked) return;
    const { stream } = this.#client;
    this.#corked = true;
    stream.cork();
    setImmediate(() => {
      this.#corked = false;
      stream.uncork();
    });
  }

  #end(): void {
    if (this.#ended) return;
    const end = this.#describeEnd();
    this.#ended = true;
    this.#pending.rejectAll(end.error);
    void this.#dispose();
    this.#guarded(() => this.#events.down(end));
  }

  #describeEnd(hint?: unknown): LinkDown {
    return this.#why.describe(this.#upAt === undefined ? undefined : this.#clock.elapsed() - this.#upAt, hint);
  }

  /** The library's own end. `end(true)` the first time: after `end(false)` it would do nothing any more. */
  async #dispose(): Promise<void> {
    const client = this.#client;
    await settleWithin(closeWait, (settle) => client.end(true, settle));
    client.stream?.destroy();
    client.removeAllListeners();
    // An error without a listener would end the process.
    client.on('error', () => {});
    this.#acks.clear();
  }

  /** What a listener throws must not reach the socket's event handlers: it would end Node-RED. */
  #guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#why.note(error);
    }
  }
}

function reasonCodeOf(packet: unknown): number | undefined {
  const code = typeof packet === 'object' && packet !== null && 'reasonCode' in packet ? packet.reasonCode : undefined;
  return typeof code === 'number' ? code : undefined;
}
