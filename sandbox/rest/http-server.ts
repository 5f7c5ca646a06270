import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Accounts } from '../account/accounts';
import type { Assumptions } from '../assumptions';
import { RequestLog } from './request-log';
import type { RestAnswer, RestHandler } from './rest-call';

const compress = promisify(gzip);

export interface HttpServerOptions {
  rest: RestHandler;
  accounts: Accounts;
  assumptions: Assumptions;
  /** Unix seconds. */
  now: () => number;
  /** PEM texts; with both it speaks HTTPS. */
  key?: string | undefined;
  cert?: string | undefined;
}

/** The HTTP door of the platform. */
export interface HttpServer {
  readonly log: RequestLog;
  /** Listens on 127.0.0.1. Rejects when the port is taken. */
  listen(port: number): Promise<number>;
  /** Ends the connections and resolves; twice is once. */
  close(): Promise<void>;
}

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { assumptions, key, cert } = options;
  const log = new RequestLog();
  const limits = {
    maxHeaderSize: assumptions.headerLimit,
    // A client that dawdles over its headers or its request gives way to others.
    headersTimeout: 30_000,
    requestTimeout: 120_000,
    keepAliveTimeout: 20_000,
  };
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    serve(options, log, request, response).catch(() => response.destroy());
  };
  const server: Server =
    key !== undefined && cert !== undefined
      ? createSecureServer({ ...limits, key, cert }, onRequest)
      : createServer(limits, onRequest);
  server.on('clientError', refuseBrokenRequest);
  let closing: Promise<void> | undefined;

  return {
    log,
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

async function serve(
  options: HttpServerOptions,
  log: RequestLog,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A peer that goes away in the middle is nobody's fault.
  request.on('error', () => response.destroy());
  response.on('error', () => request.destroy());
  if (request.method === 'OPTIONS') {
    response.writeHead(204, preflight(request)).end();
    return;
  }
  const body = await readBody(request, options.assumptions.bodyLimit);
  const { path, query } = split(request.url ?? '/');
  const { method = 'GET', headers } = request;
  log.add({
    method,
    path,
    query,
    headers: headers as Record<string, string | string[]>,
    body: body ? Buffer.from(body).toString('utf8') : '',
    timestamp: options.now(),
  });
  const answer = body === undefined ? tooLarge(options) : await handle(options, request, method, path, query, body);
  await send(options, request, response, answer);
  // The rest of a body that nobody reads would keep the connection busy.
  if (body === undefined) request.destroy();
}

async function handle(
  { rest, accounts, assumptions }: HttpServerOptions,
  { headers, socket }: IncomingMessage,
  method: string,
  path: string,
  query: string,
  body: Uint8Array,
): Promise<RestAnswer> {
  const token = accounts.byHeader(headers.authorization, socket.remoteAddress);
  if (!token && !isOpen(path)) return unauthorized(assumptions);
  const cid = numberOf(headers['x-flespi-cid']);
  if (Number.isNaN(cid)) return invalid(assumptions, 'x-flespi-cid must be the id of an account');
  return rest({
    method,
    path,
    query,
    body,
    token: token ?? nobody,
    ...(cid !== undefined && { cid }),
    via: 'http',
  });
}

/** Resources that need no token. */
function isOpen(path: string): boolean {
  return path === 'auth/regions' || path === 'auth/regions/';
}

const nobody = {
  id: 0,
  key: '',
  cid: 0,
  info: '',
  enabled: true,
  created: 0,
  accessed: 0,
  ttl: 0,
  expire: 0,
  ips: '',
  access: { type: 0 as const },
  metadata: {},
};

/** Undefined when it is longer than the limit. */
function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else {
        chunks.length = 0;
        request.pause();
        resolve(undefined);
      }
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', reject);
    request.once('close', () => reject(new Error('The request ended early')));
  });
}

/** The path as it was sent: a URL parser would follow `..` and decode what must stay encoded. */
function split(url: string): { path: string; query: string } {
  const plain = url.split('#', 1)[0] as string;
  const mark = plain.indexOf('?');
  const path = mark < 0 ? plain : plain.slice(0, mark);
  return { path: path.startsWith('/') ? path.slice(1) : path, query: mark < 0 ? '' : plain.slice(mark + 1) };
}

async function send(
  { assumptions }: HttpServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: RestAnswer,
): Promise<void> {
  let bytes: Buffer = Buffer.from(body);
  const all: Record<string, string> = { ...headers, ...cors, vary: 'accept-encoding' };
  if (bytes.length >= assumptions.gzipFrom && acceptsGzip(request.headers['accept-encoding'])) {
    bytes = await compress(bytes, { level: 1 });
    all['content-encoding'] = 'gzip';
  }
  all['content-length'] = String(bytes.length);
  response.writeHead(status, all);
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

function acceptsGzip(header: string | string[] | undefined): boolean {
  return String(header ?? '')
    .split(',')
    .some((part) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(part));
}

const cors: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': '*',
};

function preflight({ headers }: IncomingMessage): Record<string, string> {
  return {
    ...cors,
    'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE, OPTIONS',
    'access-control-allow-headers': headers['access-control-request-headers'] ?? '*',
    'access-control-max-age': '86400',
  };
}

function numberOf(header: string | string[] | undefined): number | undefined {
  if (header === undefined) return undefined;
  return /^\d{1,15}$/.test(String(header)) ? Number(header) : Number.NaN;
}

function answerOf(status: number, code: number, reason: string): RestAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ result: [], errors: [{ code, reason }] }),
  };
}

function unauthorized({ errorCodes }: Assumptions): RestAnswer {
  return answerOf(401, errorCodes.unauthorized, 'token is missing, invalid or expired');
}

function invalid({ errorCodes }: Assumptions, reason: string): RestAnswer {
  return answerOf(400, errorCodes.badRequest, reason);
}

function tooLarge({ assumptions }: HttpServerOptions): RestAnswer {
  const { status, headers, body } = answerOf(413, assumptions.errorCodes.badRequest, 'body is too large');
  return { status, headers: { ...headers, connection: 'close' }, body };
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
