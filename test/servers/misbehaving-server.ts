import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';

export interface SeenRequest {
  method: string;
  /** With query. */
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface TestServer {
  /** `http://127.0.0.1:port`. */
  origin: string;
  port: number;
  /** Requests in the order in which they came. */
  requests: SeenRequest[];
  /** Sockets that were ever opened, and those that are open. */
  connections: { opened: number; open: Set<Socket> };
  close(): Promise<void>;
}

export type Behaviour = (
  request: SeenRequest,
  response: ServerResponse,
  incoming: IncomingMessage,
) => void | Promise<void>;

/** An HTTP server on loopback that does whatever the test says, and remembers what it was asked. */
export async function startHttpServer(behaviour: Behaviour): Promise<TestServer> {
  const requests: SeenRequest[] = [];
  const server = createHttpServer({ keepAliveTimeout: 30_000 }, (incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const seen: SeenRequest = {
        method: incoming.method ?? '',
        url: incoming.url ?? '',
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString(),
      };
      requests.push(seen);
      void behaviour(seen, response, incoming);
    });
  });
  return started(server, requests);
}

/** A TCP server for what no HTTP library would send. `talk` gets each request's bytes as they come. */
export async function startRawServer(talk: (socket: Socket, text: string) => void): Promise<TestServer> {
  const requests: SeenRequest[] = [];
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      const text = chunk.toString();
      const [, method = '', url = ''] = /^([A-Z]+) (\S+) HTTP/.exec(text) ?? [];
      requests.push({ method, url, headers: {}, body: text });
      talk(socket, text);
    });
  });
  return started(server, requests);
}

async function started(
  server: ReturnType<typeof createHttpServer> | ReturnType<typeof createTcpServer>,
  requests: SeenRequest[],
): Promise<TestServer> {
  const connections = { opened: 0, open: new Set<Socket>() };
  server.on('connection', (socket: Socket) => {
    connections.opened += 1;
    connections.open.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => connections.open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    port: address.port,
    requests,
    connections,
    close: async () => {
      for (const socket of connections.open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Answers with JSON. */
export function json(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** A well-behaved collection of items, as flespi pages it. */
export function answerPage(items: readonly unknown[], url: string): Record<string, unknown> {
  const query = new URL(url, 'http://server.invalid').searchParams;
  const offset = Number(query.get('offset') ?? 0);
  const limit = query.has('limit') ? Number(query.get('limit')) : undefined;
  const result = items.slice(offset, limit === undefined ? undefined : offset + limit);
  return limit === undefined ? { result } : { result, pagination: { limit, offset, count: items.length } };
}
