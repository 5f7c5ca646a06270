import { gunzip } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { bodyText } from './body-text';
import type { Method, WireAnswer } from './call';
import { FlespiError } from './flespi-error';
import { httpFailure } from './http-failure';
import { abortReason } from './wait';

export interface ExchangeOptions {
  method: Method;
  attempted: string;
  url: string;
  /** Milliseconds for all of it. */
  timeout: number;
  /** Most bytes of the body, compressed and inflated. */
  maxBodyBytes: number;
  signal: AbortSignal;
}

/**
 * One request on its way: collects the answer within its bounds and settles exactly once. undici calls the `on...` methods;
 * it may do so after the end, when a request that was given up while it queued gets its socket at last.
 */
export class HttpExchange implements Dispatcher.DispatchHandler {
  readonly answer: Promise<WireAnswer>;
  readonly #options: ExchangeOptions;
  readonly #timer: NodeJS.Timeout;
  #resolve!: (answer: WireAnswer) => void;
  #reject!: (error: FlespiError) => void;
  #settled = false;
  /** Set as soon as bytes may have left: from then on a write may have run. */
  #controller: Dispatcher.DispatchController | undefined;
  #statusCode = 0;
  #headers: Record<string, string | string[]> = {};
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#timer = setTimeout(() => this.#giveUp(this.#timeoutError()), options.timeout);
    options.signal.addEventListener('abort', this.#abort, { once: true });
    if (options.signal.aborted) this.#abort();
  }

  get settled(): boolean {
    return this.#settled;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#settled) {
      controller.abort(new Error('given up'));
      return;
    }
    this.#controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (statusCode < 200) return;
    this.#statusCode = statusCode;
    this.#headers = headers as Record<string, string | string[]>;
    if (Number(headers['content-length']) > this.#options.maxBodyBytes) this.#giveUp(this.#tooLarge());
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return;
    this.#bytes += chunk.length;
    if (this.#bytes > this.#options.maxBodyBytes) this.#giveUp(this.#tooLarge());
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#settled) return;
    const chunks = this.#chunks;
    this.#chunks = [];
    const encoding = String(this.#headers['content-encoding'] ?? 'identity')
      .trim()
      .toLowerCase();
    if (encoding === 'identity' || this.#bytes === 0) {
      this.#succeed(chunks, this.#bytes);
      return;
    }
    if (encoding !== 'gzip' && encoding !== 'x-gzip') {
      // Only gzip was asked for; several layers of it are an attack.
      this.#fail(this.#error('FLESPI_BAD_ANSWER', { problem: 'encoding', encoding: encoding.slice(0, 40) }));
      return;
    }
    gunzip(Buffer.concat(chunks, this.#bytes), { maxOutputLength: this.#options.maxBodyBytes }, (error, inflated) => {
      if (error) this.#fail(this.#inflationError(error));
      else this.#succeed([inflated], inflated.length);
    });
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.fail(error);
  }

  /** Ends it with what undici or the system reported. */
  fail(error: Error): void {
    const { method, attempted, url } = this.#options;
    this.#fail(
      httpFailure(error, {
        method,
        attempted,
        host: new URL(url).host,
        sent: this.#controller !== undefined,
        ...(this.#statusCode === 0 ? {} : { statusCode: this.#statusCode, bytes: this.#bytes }),
      }),
    );
  }

  readonly #abort = (): void => {
    const reason = abortReason(this.#options.signal, this.#options.attempted);
    const problem = reason.code === 'FLESPI_TIMEOUT' ? 'timeout' : 'aborted';
    this.#giveUp(this.#mayHaveRun() ? this.#error('FLESPI_OUTCOME_UNKNOWN', { problem }) : reason);
  };

  #succeed(pieces: readonly Buffer[], bytes: number): void {
    if (this.#end()) this.#resolve(new HttpAnswer(this.#statusCode, this.#headers, this.#options.url, pieces, bytes));
  }

  #fail(error: FlespiError): void {
    if (this.#end()) this.#reject(error);
  }

  /** Ends it from our side: the socket goes, so that nothing more arrives on it. */
  #giveUp(error: FlespiError): void {
    this.#fail(error);
    this.#controller?.abort(error);
  }

  #end(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#options.signal.removeEventListener('abort', this.#abort);
    this.#chunks = [];
    return true;
  }

  /** True for a write that was sent and not answered. */
  #mayHaveRun(): boolean {
    return this.#options.method !== 'GET' && this.#controller !== undefined && this.#statusCode === 0;
  }

  #timeoutError(): FlespiError {
    const seconds = this.#options.timeout / 1000;
    return this.#mayHaveRun()
      ? this.#error('FLESPI_OUTCOME_UNKNOWN', { problem: 'timeout', seconds })
      : this.#error('FLESPI_TIMEOUT', { problem: 'total', seconds });
  }

  #tooLarge(): FlespiError {
    return this.#error('FLESPI_ANSWER_TOO_LARGE', { limit: this.#options.maxBodyBytes });
  }

  #inflationError(error: NodeJS.ErrnoException): FlespiError {
    if (error.code === 'ERR_BUFFER_TOO_LARGE') return this.#tooLarge();
    // What ends too early was cut on its way; the rest is no gzip at all.
    return error.code === 'Z_BUF_ERROR'
      ? this.#error('FLESPI_INCOMPLETE_ANSWER', { status: this.#statusCode, bytes: this.#bytes })
      : this.#error('FLESPI_BAD_ANSWER', { problem: 'encoding', encoding: 'gzip' });
  }

  #error(code: ConstructorParameters<typeof FlespiError>[0], params: Record<string, string | number>): FlespiError {
    return new FlespiError(code, {
      attempted: this.#options.attempted,
      params,
      ...(this.#statusCode === 0 ? {} : { statusCode: this.#statusCode }),
    });
  }
}

/** An answer whose body becomes text when somebody reads it: pages that wait for their turn stay out of the heap. */
class HttpAnswer implements WireAnswer {
  #pieces: readonly Buffer[];
  #text: string | undefined;

  constructor(
    readonly statusCode: number,
    readonly headers: Record<string, string | string[]>,
    readonly url: string,
    pieces: readonly Buffer[],
    private readonly bytes: number,
  ) {
    this.#pieces = pieces;
  }

  get text(): string {
    this.#text ??= bodyText(this.#pieces, this.bytes);
    this.#pieces = [];
    return this.#text;
  }
}
