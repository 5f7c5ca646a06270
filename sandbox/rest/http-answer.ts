import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { RestAnswer } from './rest-call';

const compress = promisify(gzip);

/** An answer as bytes, on its way out. */
export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** Browsers may call from anywhere. */
const cors: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': '*',
};

/** The answer as bytes, compressed when that is wanted and worth it. */
export async function httpAnswer(
  { status, headers, body }: RestAnswer,
  wanted: IncomingHttpHeaders,
  gzipFrom: number,
): Promise<HttpAnswer> {
  const bytes = Buffer.from(body);
  const all: Record<string, string> = { ...headers, ...cors, vary: 'accept-encoding' };
  if (bytes.length < gzipFrom || !acceptsGzip(wanted['accept-encoding'])) return { status, headers: all, body: bytes };
  return { status, headers: { ...all, 'content-encoding': 'gzip' }, body: await compress(bytes, { level: 1 }) };
}

export function sendAnswer(response: ServerResponse, { status, headers, body }: HttpAnswer): void {
  response.writeHead(status, { ...headers, 'content-length': String(body.length) });
  response.end(body);
}

/** The headers that answer a browser's question whether it may call. */
export function preflight({ headers }: IncomingMessage): Record<string, string> {
  return {
    ...cors,
    'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE, OPTIONS',
    'access-control-allow-headers': headers['access-control-request-headers'] ?? '*',
    'access-control-max-age': '86400',
  };
}

/** `gzip` or `*` is on the list, and not with a weight of zero. */
function acceptsGzip(header: string | string[] | undefined): boolean {
  return String(header ?? '')
    .split(',')
    .some((part) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(part));
}
