import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** An HTTP request that was read to its end. */
export interface HttpCall {
  method: string;
  /** Without the leading slash and the query; still encoded. */
  path: string;
  query: string;
  headers: IncomingHttpHeaders;
  /** Undefined when it was longer than the limit. */
  body: Uint8Array | undefined;
  /** Of the caller. */
  address: string | undefined;
}

/** Beyond so many times the limit a body is not even thrown away any more. */
const patience = 4;

/** Reads a request. Rejects when the caller goes away, or sends without end. */
export async function readRequest(request: IncomingMessage, limit: number): Promise<HttpCall> {
  const { method = 'GET', headers, socket, url = '/' } = request;
  const body = await readBody(request, limit);
  return { method, ...split(url), headers, body, address: socket.remoteAddress };
}

/**
 * The path as it was sent: a URL parser would follow `..` and decode what must stay encoded.
 */
function split(url: string): { path: string; query: string } {
  // Through a proxy the address comes whole (RFC 9112, section 3.2.2).
  const plain = (url.split('#', 1)[0] as string).replace(/^https?:\/\/[^/?]*/i, '');
  const mark = plain.indexOf('?');
  const path = mark < 0 ? plain : plain.slice(0, mark);
  return { path: path.startsWith('/') ? path.slice(1) : path, query: mark < 0 ? '' : plain.slice(mark + 1) };
}

/** What is too long is read to its end all the same: whoever still sends does not read the refusal. */
function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] | undefined = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) chunks = undefined;
      chunks?.push(chunk);
      if (size > patience * limit) request.destroy();
    });
    request.once('end', () => resolve(chunks && Buffer.concat(chunks)));
    request.once('error', reject);
    request.once('close', () => reject(new Error('The request ended early')));
  });
}
