import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import {
  generate,
  parser as createParser,
  type IConnackPacket,
  type IConnectPacket,
  type IPublishPacket,
  type ISubscribePacket,
  type IUnsubscribePacket,
  type Packet,
} from 'mqtt-packet';

/** One connection of a client, as the script sees it. */
export class FakePeer {
  /** Everything the client has sent, in order. */
  readonly packets: Packet[] = [];
  connect: IConnectPacket | undefined;
  #closed = false;

  constructor(readonly socket: Socket) {
    socket.once('close', () => {
      this.#closed = true;
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  get version(): 4 | 5 {
    return this.connect?.protocolVersion === 5 ? 5 : 4;
  }

  send(...packets: Packet[]): void {
    if (this.#closed) return;
    this.socket.write(Buffer.concat(packets.map((packet) => generate(packet, { protocolVersion: this.version }))));
  }

  raw(bytes: Uint8Array): void {
    if (!this.#closed) this.socket.write(bytes);
  }

  publish(topic: string, payload: string | Buffer, more: Partial<IPublishPacket> = {}): void {
    this.send({ cmd: 'publish', topic, payload, qos: 0, retain: false, dup: false, ...more });
  }

  disconnect(reasonCode: number): void {
    this.send({ cmd: 'disconnect', reasonCode });
    this.socket.end();
  }

  of<Cmd extends Packet['cmd']>(cmd: Cmd): Extract<Packet, { cmd: Cmd }>[] {
    return this.packets.filter((packet): packet is Extract<Packet, { cmd: Cmd }> => packet.cmd === cmd);
  }
}

/** What a script may do otherwise; each has the packet to itself, and the default answer is not given. */
export interface FakeScript {
  open?(peer: FakePeer): void;
  connect?(peer: FakePeer, packet: IConnectPacket): void;
  subscribe?(peer: FakePeer, packet: ISubscribePacket): void;
  unsubscribe?(peer: FakePeer, packet: IUnsubscribePacket): void;
  publish?(peer: FakePeer, packet: IPublishPacket): void;
  pingreq?(peer: FakePeer): void;
}

/** A broker that does exactly what a test tells it: refuses, stays silent, lies. By default it accepts everything and delivers nothing. */
export class FakeBroker {
  readonly peers: FakePeer[] = [];
  script: FakeScript;
  readonly #server: Server;
  #watchers: (() => void)[] = [];

  private constructor(server: Server, script: FakeScript) {
    this.#server = server;
    this.script = script;
  }

  static async start(script: FakeScript = {}, { host = '127.0.0.1', port = 0 } = {}): Promise<FakeBroker> {
    const server = createServer({ noDelay: true });
    const broker = new FakeBroker(server, script);
    server.on('connection', (socket) => broker.#accept(socket));
    server.listen(port, host);
    await once(server, 'listening');
    return broker;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  get last(): FakePeer {
    const peer = this.peers.at(-1);
    if (!peer) throw new Error('Nobody has connected.');
    return peer;
  }

  /** All packets of a kind, over all connections. */
  of<Cmd extends Packet['cmd']>(cmd: Cmd): Extract<Packet, { cmd: Cmd }>[] {
    return this.peers.flatMap((peer) => peer.of(cmd));
  }

  /** Waits until something is so; looks after every event of the broker. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  async close(): Promise<void> {
    for (const peer of this.peers) peer.socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(socket: Socket): void {
    const peer = new FakePeer(socket);
    this.peers.push(peer);
    const parser = createParser();
    socket.on('data', (chunk) => parser.parse(chunk));
    socket.on('error', () => {});
    socket.on('close', () => this.#wake());
    parser.on('error', () => socket.destroy());
    parser.on('packet', (packet: Packet) => {
      peer.packets.push(packet);
      this.#answer(peer, packet);
      this.#wake();
    });
    this.script.open?.(peer);
    this.#wake();
  }

  #wake(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watcher of watchers) watcher();
  }

  #answer(peer: FakePeer, packet: Packet): void {
    const { script } = this;
    switch (packet.cmd) {
      case 'connect':
        peer.connect = packet;
        if (script.connect) script.connect(peer, packet);
        else peer.send(connack());
        break;
      case 'subscribe':
        if (script.subscribe) script.subscribe(peer, packet);
        else peer.send(suback(packet));
        break;
      case 'unsubscribe':
        if (script.unsubscribe) script.unsubscribe(peer, packet);
        else peer.send({ cmd: 'unsuback', messageId: packet.messageId as number, granted: [0] });
        break;
      case 'publish':
        if (script.publish) script.publish(peer, packet);
        else if (packet.qos === 1) peer.send({ cmd: 'puback', messageId: packet.messageId as number, reasonCode: 0 });
        break;
      case 'pingreq':
        if (script.pingreq) script.pingreq(peer);
        else peer.send({ cmd: 'pingresp' });
        break;
      default:
    }
  }
}

export function connack(
  reasonCode = 0,
  properties: NonNullable<IConnackPacket['properties']> = {},
  sessionPresent = false,
): IConnackPacket {
  return { cmd: 'connack', reasonCode, returnCode: reasonCode, sessionPresent, properties };
}

export function suback(packet: ISubscribePacket, code?: number): Packet {
  const granted = packet.subscriptions.map(({ qos }) => code ?? qos);
  return { cmd: 'suback', messageId: packet.messageId as number, granted };
}

/** The identifier that the client gave to its latest SUBSCRIBE of a filter. */
export function identifierOf(peer: FakePeer, filter: string): number {
  const packet = peer.of('subscribe').findLast(({ subscriptions }) => subscriptions[0]?.topic === filter);
  return packet?.properties?.subscriptionIdentifier as number;
}
