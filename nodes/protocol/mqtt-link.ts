import { connect, type IConnackPacket, type IDisconnectPacket, type IPublishPacket, type MqttClient } from 'mqtt';
import type { Clock } from './clock';
import { FlespiError } from './flespi-error';
import { linkFailure } from './link-failure';
import { connectionRefused, patienceFor, type Patience } from './mqtt-refusal';
import { clientOptions, type LinkOptions } from './link-options';
import { PacketSizeGuard } from './packet-size-guard';

export type ServerProperties = NonNullable<IConnackPacket['properties']>;

/** Why a link ended, and what the broker wants for it. */
export interface LinkDown {
  error: FlespiError;
  patience: Patience;
  reasonCode?: number;
  /** Milliseconds since CONNACK; `undefined` when there was none. */
  connectedFor: number | undefined;
}

export interface LinkEvents {
  up(connack: IConnackPacket): void;
  /** Called for every publication; returns whether the link shall acknowledge it at once. */
  publication(packet: IPublishPacket): boolean;
  /** Exactly once, and nothing after it. */
  down(end: LinkDown): void;
}

export interface SubscribeOptions {
  qos: 0 | 1;
  noLocal: boolean;
  retainHandling: 0 | 1 | 2;
  identifier?: number | undefined;
  userProperties?: Record<string, string> | undefined;
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
  /** Rejections of everything that waits for the broker; each is gone when it has settled. */
  readonly #waiting = new Set<(error: FlespiError) => void>();
  /** Packet ids to acknowledge with the next write; one write for many costs a tenth of many writes. */
  #acks: number[] = [];
  #upAt: number | undefined;
  #ended = false;
  #cause: { error: unknown; unreadable: boolean } | undefined;
  #disconnect: IDisconnectPacket | undefined;
  #refusedWith: { code: number; reasonString?: string | undefined } | undefined;

  constructor(options: LinkOptions, clock: Clock, events: LinkEvents) {
    this.#options = options;
    this.#clock = clock;
    this.#events = events;
    const url = new URL(options.url);
    this.#address = `${url.protocol}//${url.host}`;
    this.#client = connect(clientOptions(options));
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
      stream.on('error', (error: unknown) => this.#note(error, false));
      const guard = new PacketSizeGuard(this.#options.maximumPacketSize);
      stream.on('data', (chunk: Uint8Array) => {
        const size = guard.push(chunk);
        if (size !== undefined) this.#fail(Object.assign(new Error(`${size} bytes`), { code: 'ERR_PACKET_TOO_LARGE' }));
      });
    } catch (error) {
      this.#note(error, false);
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
    const { identifier, userProperties } = options;
    const properties =
      this.#options.protocolVersion === 5
        ? {
            ...(identifier !== undefined && { subscriptionIdentifier: identifier }),
            ...(userProperties && { userProperties }),
          }
        : {};
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
    if (this.#acks.push(packetId) === 1) setImmediate(() => this.#sendAcks());
  }

  /** Breaks the link as if it was lost. */
  drop(cause: Error): void {
    this.#fail(cause);
  }

  /**
   * Says goodbye and closes; always ends within half a second, whatever the broker does. No event comes after the call.
   * @param forget the broker shall forget the session too
   */
  async close(forget = false): Promise<void> {
    if (this.#ended) return;
    const { up } = this;
    this.#sendAcks();
    this.#ended = true;
    this.#rejectAll(new FlespiError('FLESPI_NOT_CONNECTED', { attempted: `connection to ${this.#address}` }));
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
      this.#disconnect = packet;
      // The broker closes too; a broker that only says so must not hold us.
      client.stream.destroy();
    });
    client.on('error', (error) => {
      const code = 'code' in error ? error.code : undefined;
      if (typeof code === 'number' && this.#upAt === undefined && error.message.startsWith('Connection refused')) {
        this.#refusedWith = { code, reasonString: client.serverProperties?.reasonString };
      }
      this.#note(error, typeof code !== 'string');
      // Some errors (of the parser) leave the library with an open socket that it no longer reads.
      if (client.stream) client.stream.destroy();
    });
    client.on('close', () => this.#end());
    client.handleMessage = (packet, done) => {
      let acknowledge = true;
      this.#guarded(() => {
        if (!this.#ended) acknowledge = this.#events.publication(packet);
      });
      if (packet.qos !== 1) {
        done();
        return;
      }
      if (acknowledge && packet.messageId !== undefined) this.acknowledge(packet.messageId);
      done(acknowledgedByUs);
    };
  }

  #connected(connack: IConnackPacket): void {
    if (this.#ended) return;
    const { stream } = this.#client;
    // Without it a QoS 1 exchange waits 40 ms for the other side's delayed TCP acknowledgement. WebSockets set it themselves.
    if ('setNoDelay' in stream && typeof stream.setNoDelay === 'function') stream.setNoDelay(true);
    this.#upAt = this.#clock.elapsed();
    this.#events.up(connack);
  }

  #sendAcks(): void {
    const ids = this.#acks;
    this.#acks = [];
    if (!this.up || ids.length === 0) return;
    const packets = Buffer.allocUnsafe(ids.length * 4);
    ids.forEach((id, index) => {
      // PUBACK; a remaining length of 2 means success in MQTT 5 too [MQTT-3.4.2.1].
      packets.writeUInt16BE(0x4002, index * 4);
      packets.writeUInt16BE(id, index * 4 + 2);
    });
    const { stream } = this.#client;
    if (!stream.destroyed) stream.write(packets);
  }

  #wait<Result>(start: (settle: (result: Result) => void, reject: (error: unknown) => void) => void): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (!this.up) {
        reject(this.#describeEnd().error);
        return;
      }
      this.#waiting.add(reject);
      const done = () => this.#waiting.delete(reject);
      start(
        (result) => {
          done();
          resolve(result);
        },
        (error) => {
          done();
          reject(this.#describeEnd(error).error);
        },
      );
    });
  }

  #note(error: unknown, unreadable: boolean): void {
    this.#cause ??= { error, unreadable };
  }

  #fail(error: Error): void {
    this.#note(error, false);
    this.#client.stream.destroy();
  }

  #end(): void {
    if (this.#ended) return;
    const end = this.#describeEnd();
    this.#ended = true;
    this.#rejectAll(end.error);
    void this.#dispose();
    this.#guarded(() => this.#events.down(end));
  }

  #rejectAll(error: FlespiError): void {
    for (const reject of this.#waiting) reject(error);
    this.#waiting.clear();
  }

  /** @param hint what a waiting call was told; used when nothing better is known */
  #describeEnd(hint?: unknown): LinkDown {
    const connectedFor = this.#upAt === undefined ? undefined : this.#clock.elapsed() - this.#upAt;
    const disconnect = this.#disconnect;
    const refused =
      this.#refusedWith ??
      (disconnect && { code: disconnect.reasonCode ?? 0, reasonString: disconnect.properties?.reasonString });
    if (refused && refused.code >= 1) {
      const { code: reasonCode, reasonString } = refused;
      const attempted = `connect to ${this.#address}`;
      const error = connectionRefused({ attempted, reasonCode, reasonString, params: { address: this.#address } });
      return { error, patience: patienceFor(reasonCode), reasonCode, connectedFor };
    }
    const error = linkFailure({
      address: this.#address,
      cause: this.#cause?.error ?? hint,
      unreadable: this.#cause?.unreadable ?? false,
      wasConnected: this.#upAt !== undefined,
    });
    return { error, patience: 'soon', connectedFor };
  }

  /** The library's own end. `end(true)` the first time: after `end(false)` it would do nothing any more. */
  async #dispose(): Promise<void> {
    const client = this.#client;
    await settleWithin(closeWait, (settle) => client.end(true, settle));
    client.stream?.destroy();
    client.removeAllListeners();
    // An error without a listener would end the process.
    client.on('error', () => {});
    this.#acks = [];
  }

  /** What a listener throws must not reach the socket's event handlers: it would end Node-RED. */
  #guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#note(error, false);
    }
  }
}

function reasonCodeOf(packet: unknown): number | undefined {
  const code = typeof packet === 'object' && packet !== null && 'reasonCode' in packet ? packet.reasonCode : undefined;
  return typeof code === 'number' ? code : undefined;
}

function settleWithin(milliseconds: number, start: (settle: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    start(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
