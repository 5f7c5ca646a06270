import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { generate, parser as createParser, type IConnectPacket, type Packet } from 'mqtt-packet';
import { connectAsync, type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import type { Accounts } from '../../sandbox/account/accounts';
import type { Token } from '../../sandbox/account/token';
import { createBroker, type Broker } from '../../sandbox/broker/broker';
import type { BrokerOptions } from '../../sandbox/broker/broker-options';
import type { RestCall, RestHandler } from '../../sandbox/rest/rest-call';

/** Accounts: 1 is the root, 2 and 3 are its subaccounts, 4 is below 2. */
const parents: Readonly<Record<number, number>> = { 2: 1, 3: 1, 4: 2 };

export const keys = {
  root: 'r'.repeat(64),
  two: '2'.repeat(64),
  three: '3'.repeat(64),
  four: '4'.repeat(64),
  acl: 'a'.repeat(64),
};

const tokens: Token[] = [
  makeToken(11, keys.root, 1),
  makeToken(12, keys.two, 2),
  makeToken(13, keys.three, 3),
  makeToken(14, keys.four, 4),
  { ...makeToken(15, keys.acl, 2), access: { type: 2, acl: [] } },
];

function makeToken(id: number, key: string, cid: number): Token {
  const access = { type: 1 as const };
  return {
    id,
    key,
    cid,
    info: '',
    enabled: true,
    created: 0,
    accessed: 0,
    ttl: 0,
    expire: 0,
    ips: '',
    access,
    metadata: {},
  };
}

/** Just what the broker asks: the access control list lets a token of type 2 use `my/...` and nothing else. */
export const accounts: Accounts = {
  byHeader: () => undefined,
  byCredentials(username, password) {
    const user = username?.replace(/^FlespiToken /, '');
    return tokens.find(
      ({ id, key }) =>
        key === user ||
        key === password ||
        (String(id) === user && (password?.length ?? 0) >= 16 && key.startsWith(password as string)),
    );
  },
  lineage(cid) {
    const line = [cid];
    for (let parent = parents[cid]; parent !== undefined; parent = parents[parent]) line.push(parent);
    return line;
  },
  mayPublish: ({ access }, topic) => access.type !== 2 || topic.startsWith('my/'),
  maySubscribe: ({ access }, filter) => access.type !== 2 || filter.startsWith('my/'),
};

export interface Bench {
  broker: Broker;
  port: number;
  /** Calls that came over RPC. */
  calls: RestCall[];
  /** An mqtt.js client, MQTT 5 and a clean session unless told. */
  client(options?: IClientOptions): Promise<MqttClient>;
  /** A client that speaks packets. */
  raw(connect?: Partial<IConnectPacket>): Promise<RawClient>;
  /** Ends all clients and the broker. */
  close(): Promise<void>;
}

export async function startBench(options: Partial<BrokerOptions> & { body?: string } = {}): Promise<Bench> {
  const calls: RestCall[] = [];
  const rest: RestHandler = async (call) => {
    calls.push(call);
    return { status: 200, headers: {}, body: options.body ?? JSON.stringify({ result: [{ id: 1 }] }) };
  };
  const broker = createBroker({ accounts, rest, ...options });
  const { port } = await broker.listen();
  const clients: MqttClient[] = [];
  const raws: RawClient[] = [];
  return {
    broker,
    port,
    calls,
    async client(clientOptions = {}) {
      const client = await connectAsync(`mqtt://127.0.0.1:${port}`, {
        username: keys.root,
        protocolVersion: 5,
        reconnectPeriod: 0,
        ...clientOptions,
      });
      client.on('error', () => undefined);
      clients.push(client);
      return client;
    },
    async raw(connect) {
      const client = await openRaw(port);
      raws.push(client);
      if (connect !== undefined) client.connect(connect);
      return client;
    },
    async close() {
      for (const raw of raws) raw.socket.destroy();
      for (const client of clients) client.end(true);
      await broker.close();
    },
  };
}

/** A client of which a test sees every packet. */
export interface RawClient {
  socket: Socket;
  connect(packet?: Partial<IConnectPacket>): void;
  send(packet: Packet): void;
  /** The next packet, or `undefined` when the connection has closed. */
  next(): Promise<Packet | undefined>;
  /** The next packet of that kind; others are skipped. */
  nextOf<C extends Packet['cmd']>(cmd: C): Promise<Extract<Packet, { cmd: C }>>;
  /** Packets that came and were not asked for, after a ping has gone round: whatever was to come has come. */
  settled(): Promise<Packet[]>;
  closed: Promise<void>;
}

export async function openRaw(port: number): Promise<RawClient> {
  const socket = connectTcp({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  let version = 4;
  const parser = createParser({ protocolVersion: 5 });
  const packets: Packet[] = [];
  const waiting: ((packet: Packet | undefined) => void)[] = [];
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  parser.on('packet', (packet) => {
    const waiter = waiting.shift();
    if (waiter) waiter(packet);
    else packets.push(packet);
  });
  parser.on('error', () => socket.destroy());
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => parser.parse(chunk));
  let isClosed = false;
  void closed.then(() => {
    isClosed = true;
    for (const waiter of waiting.splice(0)) waiter(undefined);
  });
  const client: RawClient = {
    socket,
    closed,
    connect(packet = {}) {
      version = packet.protocolVersion ?? 5;
      (parser as unknown as { settings: object }).settings = { protocolVersion: version };
      client.send({
        cmd: 'connect',
        protocolId: version === 3 ? 'MQIsdp' : 'MQTT',
        protocolVersion: 5,
        clean: true,
        clientId: '',
        keepalive: 0,
        username: keys.root,
        ...packet,
      });
    },
    send(packet) {
      socket.write(generate(packet, { protocolVersion: version }));
    },
    async next() {
      const packet = packets.shift();
      if (packet !== undefined || isClosed) return packet;
      return new Promise((resolve) => waiting.push(resolve));
    },
    async nextOf(cmd) {
      for (;;) {
        const packet = await client.next();
        if (packet === undefined) throw new Error(`The connection closed before ${cmd} came`);
        if (packet.cmd === cmd) return packet as never;
      }
    },
    async settled() {
      client.send({ cmd: 'pingreq' });
      const came: Packet[] = [];
      for (
        let packet = await client.next();
        packet !== undefined && packet.cmd !== 'pingresp';
        packet = await client.next()
      )
        came.push(packet);
      return came;
    },
  };
  return client;
}

/** Collects what a client receives; `take(n)` waits until there are so many. */
export function inbox(client: MqttClient): {
  packets: IPublishPacket[];
  take(count: number): Promise<IPublishPacket[]>;
} {
  const packets: IPublishPacket[] = [];
  client.on('message', (_topic, _payload, packet) => packets.push(packet));
  return {
    packets,
    async take(count) {
      while (packets.length < count) await new Promise((resolve) => client.once('message', resolve));
      return packets.splice(0, count);
    },
  };
}

/** A ping round trip through the broker: what it had to deliver before is here. */
export async function settle(client: MqttClient): Promise<void> {
  const topic = `settle/${Math.random()}`;
  const seen = new Promise<void>((resolve) => {
    const onMessage = (name: string): void => {
      if (name !== topic) return;
      client.off('message', onMessage);
      resolve();
    };
    client.on('message', onMessage);
  });
  await client.subscribeAsync(topic);
  await client.publishAsync(topic, 'x');
  await seen;
  await client.unsubscribeAsync(topic);
}
