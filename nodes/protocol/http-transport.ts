import type { LookupFunction } from 'node:net';
import { Agent, type Dispatcher, Pool, ProxyAgent } from 'undici';
import { attemptOf } from './answer';
import type { Transport, WireAnswer, WireCall } from './call';
import { FlespiError } from './flespi-error';
import { HttpExchange } from './http-exchange';
import { chooseProxy, type ChosenProxy, proxyOfEnvironment, type ProxySetting } from './proxy';

/** TLS settings as Node-RED's tls-config gives them. */
export interface TlsOptions {
  ca?: string | Buffer | (string | Buffer)[];
  cert?: string | Buffer;
  key?: string | Buffer;
  passphrase?: string;
  servername?: string;
  rejectUnauthorized?: boolean;
  ALPNProtocols?: string[];
}

export interface HttpTransportOptions {
  /** `https://flespi.io`; a path after it is no part of an origin and refused. */
  origin: string;
  /** Read at every request, so that it lives nowhere else. With or without its `FlespiToken ` prefix. */
  token: () => string;
  /** Most sockets. */
  connections?: number;
  /** Milliseconds to connect, TLS included. */
  connectTimeout?: number;
  /** Milliseconds until the headers of the answer. */
  headersTimeout?: number;
  /** Milliseconds between two pieces of the body. */
  bodyTimeout?: number;
  /** Most bytes of an answer, compressed and inflated. */
  maxBodyBytes?: number;
  /** Milliseconds after which connections are not used for new requests, so that a moved host name is noticed. */
  connectionAge?: number;
  tls?: TlsOptions;
  /** The author's proxy; `false` for none; left out: `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`. */
  proxy?: ProxySetting | false;
  lookup?: LookupFunction;
  /** Shown in flespi's logs (`x-flespi-app`, at most 63 characters). */
  app?: string;
}

const closeBound = 2000;

/**
 * REST over HTTP. Owns its sockets, never those of the process. Follows no redirects: the token would go with them.
 */
export class HttpTransport implements Transport {
  readonly kind = 'http';
  readonly #options: HttpTransportOptions;
  readonly #origin: string;
  /** Takes the new requests; made when the first one comes. */
  #agent: Dispatcher | undefined;
  /** Monotonic time at which `#agent` was made. */
  #made = 0;
  /** Agents whose last requests are still under way. */
  readonly #retired = new Set<Dispatcher>();
  #closed = false;

  /** Throws FLESPI_BAD_INPUT for an origin or proxy that is none. */
  constructor(options: HttpTransportOptions) {
    this.#options = options;
    this.#origin = originOf(options.origin);
    // A wrong proxy is told at once, not with the first request.
    this.#proxy();
  }

  send(call: WireCall, { signal, timeout }: { signal: AbortSignal; timeout: number }): Promise<WireAnswer> {
    const attempted = attemptOf(call);
    let headers: Record<string, string>;
    try {
      headers = this.#headers(call, attempted);
    } catch (error) {
      return Promise.reject(error);
    }
    if (this.#closed) return Promise.reject(new FlespiError('FLESPI_ABORTED', { attempted }));
    const exchange = new HttpExchange({
      method: call.method,
      attempted,
      url: `${this.#origin}/${call.path}`,
      timeout,
      maxBodyBytes: this.#options.maxBodyBytes ?? 32 * 1024 * 1024,
      signal,
    });
    if (exchange.settled) return exchange.answer;
    try {
      this.#current().dispatch(
        {
          origin: this.#origin,
          path: `/${call.path}${call.query === '' ? '' : `?${call.query}`}`,
          method: call.method,
          headers,
          ...(call.body === undefined ? {} : { body: call.body }),
        },
        exchange,
      );
    } catch (error) {
      exchange.fail(error as Error);
    }
    return exchange.answer;
  }

  /** Ends every request and socket. Settles within two seconds, whatever the other side does. */
  async close(): Promise<void> {
    this.#closed = true;
    const agents = [...this.#retired, ...(this.#agent ? [this.#agent] : [])];
    this.#agent = undefined;
    this.#retired.clear();
    let timer: NodeJS.Timeout | undefined;
    const bound = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, closeBound);
    });
    // `close()` would wait for answers that may never come; only `destroy()` fails what is under way.
    const ended = Promise.allSettled(agents.map((agent) => agent.destroy()));
    await Promise.race([ended, bound]);
    clearTimeout(timer);
  }

  #headers(call: WireCall, attempted: string): Record<string, string> {
    const { app } = this.#options;
    return {
      authorization: `FlespiToken ${bareToken(this.#options.token(), attempted)}`,
      accept: 'application/json',
      'accept-encoding': 'gzip',
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(call.cid === undefined ? {} : { 'x-flespi-cid': String(call.cid) }),
      ...(app === undefined ? {} : { 'x-flespi-app': app.slice(0, 63) }),
    };
  }

  #current(): Dispatcher {
    const age = performance.now() - this.#made;
    if (this.#agent && age > (this.#options.connectionAge ?? 600_000)) this.#retire(this.#agent);
    if (!this.#agent) {
      this.#agent = this.#make();
      this.#made = performance.now();
    }
    return this.#agent;
  }

  /** Lets an agent finish what it has; `close()` of the transport does not wait for it. */
  #retire(agent: Dispatcher): void {
    this.#agent = undefined;
    this.#retired.add(agent);
    agent.close().then(
      () => this.#retired.delete(agent),
      () => this.#retired.delete(agent),
    );
  }

  #proxy(): ChosenProxy | undefined {
    const { proxy } = this.#options;
    if (proxy === false) return undefined;
    return chooseProxy(this.#origin, proxy ?? proxyOfEnvironment(this.#origin, process.env));
  }

  #make(): Dispatcher {
    const { tls = {}, lookup, connections = 8, headersTimeout = 30_000, bodyTimeout = 30_000 } = this.#options;
    const timeout = this.#options.connectTimeout ?? 10_000;
    const connect = { ...tls, timeout, ...(lookup ? { lookup } : {}) };
    const limits = { connections, headersTimeout, bodyTimeout, pipelining: 1 };
    const proxy = this.#proxy();
    if (!proxy) return new Agent({ ...limits, connect });
    return new ProxyAgent({
      ...limits,
      uri: proxy.uri,
      ...(proxy.authorization === undefined ? {} : { token: proxy.authorization }),
      requestTls: { ...tls, timeout },
      proxyTls: { timeout, ...(lookup ? { lookup } : {}) },
      // A proxy that takes CONNECT and never answers must not outlast the time for connecting.
      clientFactory: (origin, options) =>
        new Pool(origin, { ...(options as Pool.Options), connections, headersTimeout: timeout }),
    });
  }
}

/** `https://host[:port]`. */
function originOf(origin: string): string {
  let url: URL | undefined;
  try {
    url = new URL(origin);
  } catch {
    // Refused below.
  }
  const proper = url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (!url || !proper || (url.pathname !== '/' && url.pathname !== '') || url.search !== '' || url.hash !== '')
    throw new FlespiError('FLESPI_BAD_INPUT', {
      attempted: 'origin',
      params: { problem: 'address', name: 'origin', given: '' },
    });
  return url.origin;
}

/** Users paste the token with or without its prefix; the header carries it exactly once. */
function bareToken(text: string, attempted: string): string {
  const token = text.trim().replace(/^FlespiToken(\s+|$)/i, '');
  // What is no header value would be refused further down with less clear words.
  if (!/^[\x21-\x7e]+$/.test(token)) throw new FlespiError('FLESPI_NO_TOKEN', { attempted });
  return token;
}
