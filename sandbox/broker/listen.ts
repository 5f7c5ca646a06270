import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type AddressInfo, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { createWebSocketStream, WebSocketServer } from 'ws';

export interface ListenOptions {
  /** 0, the default, is any free one. */
  port?: number;
  /** 127.0.0.1 unless told. */
  host?: string;
  /** PEM texts; with both the port speaks TLS. */
  key?: string | undefined;
  cert?: string | undefined;
}

export interface Listener {
  port: number;
  /** Takes no more connections. Those that are there stay until their owner ends them. */
  close(): void;
}

type Accept = (stream: Duplex, ip: string) => void;

/** MQTT over TCP or TLS. Rejects when the port is taken. */
export async function listenTcp(accept: Accept, options: ListenOptions = {}): Promise<Listener> {
  const tls = tlsOf(options);
  const server =
    tls === undefined
      ? createServer({ noDelay: true }, (socket) => accept(socket, socket.remoteAddress ?? ''))
      : createTlsServer({ ...tls, noDelay: true }, (socket) => accept(socket, socket.remoteAddress ?? ''));
  return listen(server, options);
}

/**
 * MQTT over WebSocket: any path, subprotocol `mqtt` (section 6 of the specification), binary frames only [MQTT-6.0.0-1]. Packets may be cut over
 * frames at will [MQTT-6.0.0-2].
 */
export async function listenWebSocket(
  accept: Accept,
  options: ListenOptions & { frameBytes?: number } = {},
): Promise<Listener> {
  const tls = tlsOf(options);
  const server = tls === undefined ? createHttpServer(refuseRequest) : createHttpsServer(tls, refuseRequest);
  const sockets = new WebSocketServer({
    server,
    maxPayload: options.frameBytes ?? 0,
    handleProtocols: (protocols) => [...protocols].find((name) => name === 'mqtt' || name === 'mqttv3.1') ?? false,
  });
  sockets.on('connection', (socket, request) => {
    const stream = createWebSocketStream(socket);
    // Before the stream takes it.
    socket.prependListener('message', (_data, isBinary) => {
      if (!isBinary) stream.destroy();
    });
    request.socket.setNoDelay(true);
    accept(stream, request.socket.remoteAddress ?? '');
  });
  // Errors of the server come from `listen`, and are told there.
  sockets.on('error', () => undefined);
  return listen(server, options);
}

/** Somebody opens the address in a browser, or takes it for the REST one. */
function refuseRequest(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(426, { connection: 'close', upgrade: 'websocket', 'content-type': 'text/plain' });
  response.end('This is the MQTT broker. It speaks MQTT over WebSocket, subprotocol mqtt.\n');
}

function tlsOf({ key, cert }: ListenOptions): { key: string; cert: string } | undefined {
  return key === undefined || cert === undefined ? undefined : { key, cert };
}

async function listen(server: Server, { port = 0, host = '127.0.0.1' }: ListenOptions): Promise<Listener> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  // A connection that fails before it is accepted, such as a wrong TLS handshake, concerns nobody else.
  server.on('error', () => undefined);
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}
