import { FlespiError } from './flespi-error';

/** A whole answer of flespi over MQTT. */
export interface ChunkedAnswer {
  /** The user property `http_code` of the last message. */
  statusCode: number;
  text: string;
  bytes: number;
  chunks: number;
}

export interface ChunkBounds {
  /** Most bytes of one answer. Default 16 MiB. */
  bytes?: number;
  /** Most messages of one answer: a stream of empty chunks has no bytes to count. Default 100,000. */
  chunks?: number;
}

/**
 * Puts the messages of one answer together. A message with the user property `http_code` is the last one (flespi: "REST API
 * over MQTT", `response_chunked`). Chunks are slices of bytes, so a character may lie across a border: they are joined
 * first and decoded then. After an answer or an error it is done with, and holds nothing.
 */
export class ChunkAssembler {
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #count = 0;
  readonly #attempted: string;
  readonly #bounds: Required<ChunkBounds>;

  /** @param attempted what was asked, for errors: `GET gw/devices/all` */
  constructor(attempted: string, { bytes = 16 * 1024 * 1024, chunks = 100_000 }: ChunkBounds = {}) {
    this.#attempted = attempted;
    this.#bounds = { bytes, chunks };
  }

  get bytes(): number {
    return this.#bytes;
  }

  get chunks(): number {
    return this.#count;
  }

  /**
   * The whole answer with its last chunk, `undefined` before.
   * @throws FlespiError `FLESPI_ANSWER_TOO_LARGE`, or `FLESPI_BAD_ANSWER` for a code that is no HTTP status
   */
  push(chunk: Uint8Array, httpCode?: string | readonly string[]): ChunkedAnswer | undefined {
    this.#count += 1;
    this.#bytes += chunk.length;
    if (this.#bytes > this.#bounds.bytes || this.#count > this.#bounds.chunks) {
      throw this.#error('FLESPI_ANSWER_TOO_LARGE', { limit: this.#bounds.bytes });
    }
    if (chunk.length > 0) this.#chunks.push(chunk);
    if (httpCode === undefined) return undefined;
    const code = typeof httpCode === 'string' && /^[1-5]\d\d$/.test(httpCode) ? Number(httpCode) : undefined;
    if (code === undefined) {
      throw this.#error('FLESPI_BAD_ANSWER', { reason: `http_code is ${JSON.stringify(httpCode).slice(0, 60)}` });
    }
    const answer = {
      statusCode: code,
      text: decode(this.#chunks, this.#bytes),
      bytes: this.#bytes,
      chunks: this.#count,
    };
    this.#chunks = [];
    return answer;
  }

  /** For when nothing more will come: what is missing, and the memory is free. `undefined` when nothing had come at all. */
  flush(): FlespiError | undefined {
    return this.#count === 0 ? undefined : this.#error('FLESPI_INCOMPLETE_ANSWER', {});
  }

  #error(
    code: 'FLESPI_ANSWER_TOO_LARGE' | 'FLESPI_BAD_ANSWER' | 'FLESPI_INCOMPLETE_ANSWER',
    params: object,
  ): FlespiError {
    this.#chunks = [];
    return new FlespiError(code, {
      attempted: this.#attempted,
      params: { ...params, bytes: this.#bytes, chunks: this.#count },
    });
  }
}

function decode(chunks: readonly Uint8Array[], bytes: number): string {
  const [only] = chunks;
  const whole =
    chunks.length === 1 && only
      ? Buffer.from(only.buffer, only.byteOffset, only.byteLength)
      : Buffer.concat(chunks, bytes);
  return whole.toString('utf8');
}
