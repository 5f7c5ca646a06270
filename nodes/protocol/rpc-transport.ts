import { randomBytes } from 'node:crypto';
import type { Transport, WireAnswer, WireCall } from './call';
import { CallSlots } from './call-slots';
import { ChunkAssembler, type ChunkedAnswer } from './chunk-assembler';
import { systemClock, type Cancel, type Clock } from './clock';
import { Deadline } from './deadline';
import { FlespiError } from './flespi-error';
import type { MqttConnection } from './mqtt-connection';
import { ReplyChannel } from './reply-channel';
import { rpcRequest, type RpcRequest } from './rpc-request';
import type { Delivery } from './subscription';
import { abortReason } from './wait';

export interface RpcTransportOptions {
  /** First levels of the topics on which answers come. Outside `flespi/`, where nobody may publish. */
  replyPrefix?: string;
  /** Calls on their way at a time. */
  inFlight?: number;
  /** Calls that wait for their turn; the next one is refused. */
  queued?: number;
  /** Milliseconds between two chunks of an answer. */
  chunkIdle?: number;
  /** Most bytes of one answer. */
  answerBytes?: number;
  clock?: Clock;
  random?: (bytes: number) => Buffer;
}

export interface RpcCallOptions {
  /** Ask for the answer in several messages (flespi: `response_chunked`). Default true. */
  chunked?: boolean;
  /** Let the answer be published in the space of this subaccount (flespi: `response_cid`). */
  responseCid?: number | undefined;
}

export interface SendOptions extends RpcCallOptions {
  signal: AbortSignal;
  /** Milliseconds for the whole of it. */
  timeout: number;
}

/** A call whose request has been published. */
interface Pending {
  attempted: string;
  assembler: ChunkAssembler;
  correlationData: Buffer;
  settle(answer: ChunkedAnswer): void;
  fail(error: FlespiError): void;
  /** A chunk has come; the next has this long. */
  rest: Cancel;
}

/** What came on the reply topics and belonged to nothing. */
export interface StrayCounts {
  /** For no pending call: late, repeated or somebody else's. */
  unknown: number;
  /** With correlation data that is not the call's. */
  foreign: number;
}

/**
 * REST calls over the MQTT connection (flespi: "REST API over MQTT"). Every call has a response topic of its own, and is
 * published once at QoS 0: with QoS 1 a lost connection would make the library send it again, and flespi run it twice.
 */
export class RpcTransport implements Transport {
  readonly kind = 'mqtt';
  readonly strays: StrayCounts = { unknown: 0, foreign: 0 };
  readonly #connection: MqttConnection;
  readonly #options: Required<Omit<RpcTransportOptions, 'clock' | 'random'>>;
  readonly #clock: Clock;
  readonly #random: (bytes: number) => Buffer;
  readonly #pending = new Map<string, Pending>();
  readonly #slots: CallSlots;
  #count = 0;
  #channel: ReplyChannel | undefined;
  #release: (() => void) | undefined;
  readonly #stopWatching: () => void;
  /** Calls that are not finished, wherever they are. */
  readonly #calls = new Set<Deadline>();
  #closed = false;

  constructor(connection: MqttConnection, options: RpcTransportOptions = {}) {
    this.#connection = connection;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? randomBytes;
    this.#options = {
      replyPrefix: options.replyPrefix ?? 'rpc',
      inFlight: options.inFlight ?? 100,
      queued: options.queued ?? 1000,
      chunkIdle: options.chunkIdle ?? 10_000,
      answerBytes: options.answerBytes ?? 16 * 1024 * 1024,
    };
    this.#slots = new CallSlots(this.#options.inFlight, this.#options.queued);
    this.#stopWatching = connection.onState((state) => {
      if (state.kind !== 'connected' && state.kind !== 'connecting') this.#lost();
    });
  }

  /** Calls whose answer is awaited. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Calls that wait for their turn. */
  get queued(): number {
    return this.#slots.waiting;
  }

  /** The same transport with other options for its calls. */
  with(options: RpcCallOptions): Transport {
    return { kind: this.kind, send: (call, base) => this.send(call, { ...options, ...base }) };
  }

  async send(call: WireCall, options: SendOptions): Promise<WireAnswer> {
    const request = rpcRequest(call);
    const { attempted } = request;
    if (this.#connection.protocolVersion !== 5) throw new FlespiError('FLESPI_NEEDS_MQTT5', { attempted });
    if (this.#closed) throw new FlespiError('FLESPI_ABORTED', { attempted });
    if (options.signal.aborted) throw abortReason(options.signal, attempted);
    const deadline = new Deadline(this.#clock, attempted, options);
    this.#calls.add(deadline);
    const slot = this.#slots.one(attempted);
    try {
      this.#release ??= this.#connection.acquire();
      // Most calls find everything ready, and need not wait for what is there.
      if (this.#connection.state.kind !== 'connected') await deadline.race(this.#connected(attempted, deadline));
      await deadline.race(slot.turn());
      const channel = this.#replyChannel();
      if (!channel.isReady) await deadline.race(channel.ready);
      const answer = await this.#ask(channel, request, call, options, deadline);
      return { statusCode: answer.statusCode, headers: {}, text: answer.text };
    } finally {
      deadline.end();
      this.#calls.delete(deadline);
      slot.release();
    }
  }

  /** Fails what is pending, and sends nothing any more. Settles within a second. */
  async close(): Promise<void> {
    this.#stopWatching();
    this.#closed = true;
    for (const call of this.#calls) call.abort();
    this.#release?.();
    this.#release = undefined;
    await this.#dropChannel(new FlespiError('FLESPI_ABORTED', { attempted: 'call over MQTT' }));
  }

  /** Waits while the link is being made for the first time; where it is known to be down, fails at once. */
  #connected(attempted: string, deadline: Deadline): Promise<void> {
    return new Promise((resolve, reject) => {
      let stop: () => void = () => {};
      const look = (): void => {
        const { state } = this.#connection;
        if (state.kind === 'idle' || state.kind === 'connecting') return;
        stop();
        if (state.kind === 'connected') resolve();
        else {
          const cause = state.kind === 'waiting' ? state.reason : undefined;
          reject(new FlespiError('FLESPI_NOT_CONNECTED', { attempted, ...(cause && { params: cause.params, cause }) }));
        }
      };
      stop = this.#connection.onState(look);
      deadline.onEnd(stop);
      look();
    });
  }

  #replyChannel(): ReplyChannel {
    // A refused one is not kept: the next call may find the broker of another mind.
    if (this.#channel?.refused)
      void this.#dropChannel(new FlespiError('FLESPI_ABORTED', { attempted: 'reply channel' }));
    this.#channel ??= new ReplyChannel(
      this.#connection,
      `${this.#options.replyPrefix}/${this.#random(9).toString('base64url')}`,
      (call, delivery) => this.#receive(call, delivery),
    );
    return this.#channel;
  }

  async #ask(
    channel: ReplyChannel,
    request: RpcRequest,
    call: WireCall,
    options: SendOptions,
    deadline: Deadline,
  ): Promise<ChunkedAnswer> {
    this.#count += 1;
    const correlationData = this.#random(16);
    const id = `${this.#count.toString(36)}-${correlationData.toString('base64url', 0, 6)}`;
    const assembler = new ChunkAssembler(request.attempted, { bytes: this.#options.answerBytes });
    let pending: Pending | undefined;
    const answer = new Promise<ChunkedAnswer>((settle, fail) => {
      pending = { attempted: request.attempted, assembler, correlationData, settle, fail, rest: () => {} };
      // Before it is published: the answer may be here in the same moment.
      this.#pending.set(id, pending);
    });
    answer.catch(() => {});
    try {
      const publishing = this.#connection.publish({
        topic: request.topic,
        payload: request.payload,
        qos: 0,
        properties: {
          responseTopic: channel.topicFor(id),
          correlationData,
          // A request that waits somewhere must not run after its caller has given up.
          messageExpiryInterval: Math.max(1, Math.ceil(deadline.left / 1000)),
          userProperties: userProperties(call, options),
        },
      });
      publishing.catch((error: FlespiError) => pending?.fail(error));
      return await deadline.race(answer, () => assembler.flush());
    } finally {
      this.#pending.delete(id);
      pending?.rest();
    }
  }

  #receive(id: string, delivery: Delivery): void {
    const pending = this.#pending.get(id);
    if (!pending) this.strays.unknown += 1;
    // The topic names the call; correlation data is checked only where it comes back.
    else if (delivery.correlationData && !delivery.correlationData.equals(pending.correlationData)) {
      this.strays.foreign += 1;
    } else this.#push(id, pending, delivery);
  }

  #push(id: string, pending: Pending, { payload, userProperties }: Delivery): void {
    pending.rest();
    try {
      const answer = pending.assembler.push(payload, userProperties?.['http_code']);
      if (answer) {
        this.#pending.delete(id);
        pending.settle(answer);
        return;
      }
      pending.rest = this.#clock.after(this.#options.chunkIdle, () => {
        this.#pending.delete(id);
        const error = pending.assembler.flush();
        if (error) pending.fail(error);
      });
    } catch (error) {
      this.#pending.delete(id);
      pending.fail(error as FlespiError);
    }
  }

  /** The link is gone, and with it every answer that was on its way. Nothing is sent again. */
  #lost(): void {
    for (const pending of this.#pending.values()) {
      pending.rest();
      pending.fail(new FlespiError('FLESPI_OUTCOME_UNKNOWN', { attempted: pending.attempted }));
    }
    this.#pending.clear();
    void this.#dropChannel(new FlespiError('FLESPI_NOT_CONNECTED', { attempted: 'call over MQTT' }));
  }

  async #dropChannel(error: FlespiError): Promise<void> {
    const channel = this.#channel;
    this.#channel = undefined;
    await channel?.close(error);
  }
}

function userProperties(call: WireCall, { chunked = true, responseCid }: RpcCallOptions): Record<string, string> {
  return {
    ...(chunked && { response_chunked: 'true' }),
    ...(responseCid !== undefined && { response_cid: String(responseCid) }),
    // flespi documents no name for the subaccount here; this is the one that SUBSCRIBE has, and the header's of REST.
    ...(call.cid !== undefined && { cid: String(call.cid), 'x-flespi-cid': String(call.cid) }),
  };
}
