import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** What happens to the bytes on their way. Changes take effect at once, on links that exist too. */
export interface Weather {
  /** Milliseconds that each piece takes, in either direction. */
  delay: number;
  /** Nothing passes, in either direction; nobody is told. */
  blackHole: boolean;
  /** Nothing comes back; requests still arrive. */
  mute: boolean;
  /** The way back ends after so many more bytes, without a word. */
  truncateAfter: number;
  /** New links are closed at once. */
  refuse: boolean;
}

export interface TcpProxy {
  port: number;
  weather: Weather;
  /** Links that are open now. */
  readonly open: number;
  /** Links that were ever opened. */
  readonly opened: number;
  /** Ends every link: politely with FIN, or with RST. */
  cut(how: 'fin' | 'rst'): void;
  /** Lets only the way to the client end; the other stays open. */
  halfClose(): void;
  close(): Promise<void>;
}

const calm: Weather = { delay: 0, blackHole: false, mute: false, truncateAfter: Infinity, refuse: false };

/** A link on loopback that can be slow, silent, or cut, between a client and a server that know nothing of it. */
export async function startTcpProxy(targetPort: number, weather: Partial<Weather> = {}): Promise<TcpProxy> {
  const now: Weather = { ...calm, ...weather };
  const links = new Set<{ client: Socket; server: Socket }>();
  const timers = new Set<NodeJS.Timeout>();
  let opened = 0;

  const later = (run: () => void): void => {
    if (now.delay === 0) {
      run();
      return;
    }
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, now.delay);
    timers.add(timer);
  };

  const listener = createServer((client) => {
    opened += 1;
    client.on('error', () => undefined);
    if (now.refuse) {
      client.resetAndDestroy();
      return;
    }
    const server = connect(targetPort, '127.0.0.1');
    const link = { client, server };
    links.add(link);
    const end = (): void => {
      links.delete(link);
      client.destroy();
      server.destroy();
    };
    server.on('error', end);
    client.on('close', end);
    server.on('close', () => {
      if (!now.blackHole && !now.mute) later(() => client.end());
    });
    client.on('data', (chunk: Buffer) => {
      if (!now.blackHole) later(() => server.write(chunk));
    });
    server.on('data', (chunk: Buffer) => {
      if (now.blackHole || now.mute) return;
      const passed = chunk.subarray(0, Math.max(0, now.truncateAfter));
      now.truncateAfter -= chunk.length;
      if (passed.length > 0) later(() => client.write(passed));
      if (now.truncateAfter <= 0) later(() => client.end());
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('no port');

  return {
    port: address.port,
    weather: now,
    get open() {
      return links.size;
    },
    get opened() {
      return opened;
    },
    cut(how) {
      for (const { client, server } of links) {
        if (how === 'rst') client.resetAndDestroy();
        else client.end();
        server.destroy();
      }
    },
    halfClose() {
      for (const { client } of links) client.end();
    },
    async close() {
      for (const timer of timers) clearTimeout(timer);
      for (const { client, server } of links) {
        client.destroy();
        server.destroy();
      }
      listener.close();
      await once(listener, 'close');
    },
  };
}
