import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import type { HttpAnswer } from '../http-answer';
import type { Effect } from './rest-faults';

/** The answer that is given in place of the platform's, if any. */
export function insteadOf({ status, retryAfter, redirect, body, headers }: Effect): HttpAnswer | undefined {
  if (status === undefined && redirect === undefined) return undefined;
  const code = status ?? 302;
  const reason = code === 429 ? 'api_calls limit exceeded' : `fault ${code}`;
  return {
    status: code,
    headers: {
      'content-type': 'application/json',
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
      ...(redirect !== undefined && { location: redirect }),
      ...headers,
    },
    body: Buffer.from(body ?? JSON.stringify({ result: [], errors: [{ code: 2, reason }] })),
  };
}

const space = Buffer.alloc(64 * 1024, 0x20);

/** Sends an answer as the effect spoils it. Ends early, and quietly, when the client goes away. */
export async function spoilResponse(response: ServerResponse, answer: HttpAnswer, effect: Effect): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    await send(response, answer, effect, gone.signal);
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  }
}

async function send(
  response: ServerResponse,
  { status, headers, body: whole }: HttpAnswer,
  effect: Effect,
  gone: AbortSignal,
): Promise<void> {
  const { slowHeaders, endless, gzipBomb, truncate, length, dripBytes, dripEvery = 100 } = effect;
  if (slowHeaders !== undefined) await wait(slowHeaders, undefined, { signal: gone });
  const all = { ...headers, ...effect.headers };
  delete all['content-length'];
  if (gzipBomb !== undefined) {
    response.writeHead(status, { ...all, 'content-encoding': 'gzip' });
    await pourGzip(response, gzipBomb, gone);
    return;
  }
  const body = effect.body === undefined ? whole : Buffer.from(effect.body);
  if (effect.body !== undefined) delete all['content-encoding'];
  if (endless !== undefined) {
    response.writeHead(status, all);
    response.write('{"result":[');
    await pour(response, endless, gone);
    return;
  }
  const isCut = truncate !== undefined && truncate < body.length;
  // Without a length the end of the connection is the end of the body, and nobody can tell that it came too early.
  if (!isCut || length === true) all['content-length'] = String(body.length);
  else {
    all['connection'] = 'close';
    response.useChunkedEncodingByDefault = false;
    response.removeHeader('transfer-encoding');
  }
  response.writeHead(status, all);
  const sent = isCut ? body.subarray(0, truncate) : body;
  if (dripBytes === undefined) response.write(sent);
  else {
    for (let at = 0; at < sent.length; at += Math.max(1, dripBytes)) {
      response.write(sent.subarray(at, at + Math.max(1, dripBytes)));
      await wait(dripEvery, undefined, { signal: gone });
    }
  }
  if (!isCut) response.end();
  else if (length === true) response.socket?.destroySoon();
  else response.socket?.end();
}

/** Spaces, as fast as they are read. */
async function pour(response: ServerResponse, bytes: number, gone: AbortSignal): Promise<void> {
  for (let sent = 0; sent < bytes; sent += space.length) {
    if (!response.write(space)) await once(response, 'drain', { signal: gone });
  }
  response.destroy();
}

async function pourGzip(response: ServerResponse, bytes: number, gone: AbortSignal): Promise<void> {
  const gzip = createGzip();
  gzip.pipe(response);
  gone.addEventListener('abort', () => gzip.destroy(), { once: true });
  for (let sent = 0; sent < bytes; sent += space.length) {
    if (!gzip.write(space)) await once(gzip, 'drain', { signal: gone });
  }
  gzip.end();
}
