import type { IncomingHttpHeaders } from 'node:http';
import type { HttpCall } from './read-request';

/** A request as it came in, without the token. */
export interface LoggedRequest {
  method: string;
  /** Still encoded, without the leading slash and the query. */
  path: string;
  /** The text after `?`, still encoded. */
  query: string;
  headers: IncomingHttpHeaders;
  /** As text, cut where it is long. */
  body: string;
  /** Unix seconds. */
  timestamp: number;
}

const mostRequests = 10_000;
/** Bytes of all bodies together, and of one. */
const mostBytes = 32 * 1024 * 1024;
const mostBody = 64 * 1024;

/** The last requests that came in over HTTP, for tests to look at. */
export class RequestLog {
  #requests: LoggedRequest[] = [];
  #bytes = 0;

  /** Oldest first. */
  get requests(): readonly LoggedRequest[] {
    return this.#requests;
  }

  add({ method, path, query, headers: all, body }: HttpCall, timestamp: number): void {
    const { authorization: _secret, ...headers } = all;
    const text = body ? Buffer.from(body.subarray(0, mostBody)).toString('utf8') : '';
    this.#requests.push({ method, path, query, headers, body: text, timestamp });
    this.#bytes += text.length;
    if (this.#requests.length > mostRequests || this.#bytes > mostBytes) this.#forgetHalf();
  }

  clear(): void {
    this.#requests = [];
    this.#bytes = 0;
  }

  #forgetHalf(): void {
    this.#requests = this.#requests.slice(Math.ceil(this.#requests.length / 2));
    this.#bytes = this.#requests.reduce((sum, { body }) => sum + body.length, 0);
  }
}
