import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { serveRequest, type HttpDoor } from './serve-request';

export interface HttpServerOptions extends HttpDoor {
  /** PEM texts; with both it speaks HTTPS. */
  key?: string | undefined;
  cert?: string | undefined;
}

/** The HTTP door of the platform. */
export interface HttpServer {
  /** Listens on 127.0.0.1. Rejects when the port is taken. */
  listen(port: number): Promise<number>;
  /** Ends the connections and resolves; twice is once. */
  close(): Promise<void>;
}

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { assumptions, key, cert } = options;
  const limits = {
    maxHeaderSize: assumptions.headerLimit,
    // A client that dawdles over its headers or its request gives way to others.
    headersTimeout: 30_000,
    requestTimeout: 120_000,
    keepAliveTimeout: 20_000,
  };
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    serveRequest(options, request, response).catch(() => response.destroy());
  };
  const server: Server =
    key !== undefined && cert !== undefined
      ? createSecureServer({ ...limits, key, cert }, onRequest)
      : createServer(limits, onRequest);
  server.on('clientError', refuseBrokenRequest);
  let closing: Promise<void> | undefined;

  return {
    listen: (port) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, '127.0.0.1', () => {
          server.off('error', reject);
          resolve((server.address() as AddressInfo).port);
        });
      }),
    close: () =>
      (closing ??= new Promise((resolve) => {
        if (!server.listening) {
          resolve();
          return;
        }
        server.close(() => resolve());
        server.closeAllConnections();
      })),
  };
}

/** What the HTTP parser could not read, or was too long for it. */
function refuseBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
