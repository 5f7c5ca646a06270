import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { parser, type Packet } from 'mqtt-packet';

/** A way to a broker on which every packet of the clients is read along. */
export interface WireTap {
  /** Address for clients. */
  url: string;
  /** Oldest first. */
  publications: { topic: string; payload: string }[];
  /** Topic filters that were subscribed to, oldest first. */
  filters: string[];
  close(): Promise<void>;
}

export async function startWireTap(broker: string): Promise<WireTap> {
  const publications: WireTap['publications'] = [];
  const filters: string[] = [];
  const note = (packet: Packet): void => {
    if (packet.cmd === 'publish') {
      const { topic, payload } = packet;
      publications.push({ topic, payload: payload.toString() });
    }
    if (packet.cmd === 'subscribe') filters.push(...packet.subscriptions.map(({ topic }) => topic));
  };
  const sockets = new Set<{ destroy(): void }>();
  const listener = createServer((client) => {
    const server = connect(Number(new URL(broker).port), '127.0.0.1');
    const reader = parser({ protocolVersion: 5 });
    reader.on('packet', note);
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        server.destroy();
      });
    }
    client.on('data', (chunk: Buffer) => {
      reader.parse(chunk);
      server.write(chunk);
    });
    server.pipe(client);
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `mqtt://127.0.0.1:${address.port}`,
    publications,
    filters,
    async close() {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}
