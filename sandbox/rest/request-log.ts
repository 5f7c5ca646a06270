/** A request as it came in, without the token. */
export interface LoggedRequest {
  method: string;
  /** Still encoded, without the query. */
  path: string;
  /** The text after `?`, still encoded. */
  query: string;
  headers: Record<string, string | string[]>;
  body: string;
  /** Unix seconds. */
  timestamp: number;
}

const mostRequests = 10_000;
const mostBody = 64 * 1024;

/** The last requests that came in over HTTP, for tests to look at. */
export class RequestLog {
  #requests: LoggedRequest[] = [];

  /** Oldest first. */
  get requests(): readonly LoggedRequest[] {
    return this.#requests;
  }

  add(request: LoggedRequest): void {
    const { authorization: _secret, ...headers } = request.headers;
    this.#requests.push({ ...request, headers, body: request.body.slice(0, mostBody) });
    if (this.#requests.length > mostRequests) this.#requests = this.#requests.slice(mostRequests / 2);
  }

  clear(): void {
    this.#requests = [];
  }
}
