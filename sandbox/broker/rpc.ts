import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { RestAnswer, RestCall } from '../rest/rest-call';
import type { BrokerCore } from './broker-core';
import type { RpcFaults } from './broker-faults';
import type { Client } from './client';
import { Message } from './message';
import type { Publication } from './publication';
import { ReasonCode } from './reason-code';
import { splitAnswer, type AnswerPart } from './rpc-answer';
import { spoil, StartingLine, takeRpcFaults } from './rpc-faults';

const prefix = 'flespi/rest/';
const methods = new Set(['get', 'post', 'put', 'patch', 'delete']);
/** How long an answer waits for a slow receiver before it goes on regardless, in milliseconds. */
const longestWait = 30_000;

/** Is the topic an entry to the REST API (flespi: "flespi API basics", REST over MQTT)? */
export function isCall(topic: string): boolean {
  return topic.startsWith(prefix);
}

/** REST calls over MQTT: the request is consumed, the answer is published. */
export class Rpc {
  /** For the fault that mixes the chunks of several calls. */
  readonly #startingLine = new StartingLine();
  readonly #closing = new AbortController();

  constructor(private readonly core: Omit<BrokerCore, 'rpc'>) {}

  /** Starts a call; its answer is published whether or not the client is still there. Gives the reason code for the request. */
  start(client: Client, request: Publication): number {
    const { responseTopic, topic } = request;
    // The topic of the request itself is where the answer goes without one.
    if (responseTopic?.startsWith('flespi/') === true && responseTopic !== topic) return ReasonCode.notAuthorized;
    if (client.calls >= this.core.limits.calls) return ReasonCode.quotaExceeded;
    client.calls += 1;
    // The only rejection is that of a delay when the broker closes.
    this.#call(client, request).then(
      () => (client.calls -= 1),
      () => (client.calls -= 1),
    );
    return ReasonCode.success;
  }

  close(): void {
    this.#closing.abort();
  }

  async #call(client: Client, request: Publication): Promise<void> {
    const { accounts, faults, limits, stats } = this.core;
    const { cid } = client.token;
    const wantedCid = firstOf(request, 'response_cid');
    const responseCid = wantedCid === undefined ? cid : Number(wantedCid);
    const isOwn = accounts.lineage(responseCid).includes(cid);
    const answer = isOwn
      ? await this.#ask(readCall(client, request))
      : failure(403, 'response_cid is no account of yours');
    stats.calls += 1;
    const spoilt = takeRpcFaults(faults, request.topic);
    const chunkBytes =
      firstOf(request, 'response_chunked') === 'true' ? (spoilt?.chunkBytes ?? limits.chunkBytes) : undefined;
    const parts = splitAnswer(asJson(answer), answer.status, chunkBytes);
    const reply = (part: AnswerPart, retain = false): Publication => ({
      ...replyTo(request, part, spoilt),
      cid: isOwn ? responseCid : cid,
      timestamp: this.core.stamp(),
      retain,
    });
    if (spoilt === undefined) for (const part of parts) await this.#publish(client, reply(part));
    else await this.#publishSpoilt(client, parts, reply, spoilt);
  }

  async #ask(call: RestCall): Promise<RestAnswer> {
    try {
      return await this.core.rest(call);
    } catch {
      return failure(500, 'internal error');
    }
  }

  async #publishSpoilt(
    client: Client,
    parts: readonly AnswerPart[],
    reply: (part: AnswerPart, retain?: boolean) => Publication,
    faults: RpcFaults,
  ): Promise<void> {
    const { signal } = this.#closing;
    if (faults.late !== undefined) await delay(faults.late, undefined, { signal });
    if (faults.interleave !== undefined) await this.#startingLine.wait(faults.interleave, 2_000);
    if (faults.retainedStray !== undefined)
      await this.#publish(client, reply({ payload: Buffer.from(faults.retainedStray) }, true));
    let first = true;
    for (const part of spoil(parts, faults)) {
      if (!first && faults.lateChunk !== undefined) await delay(faults.lateChunk, undefined, { signal });
      first = false;
      await this.#publish(client, reply(part));
      if (faults.interleave !== undefined) await nextTurn();
      if (signal.aborted) return;
    }
  }

  async #publish(client: Client, publication: Publication): Promise<void> {
    const { limits, retained, router, stats } = this.core;
    // An answer is never dropped for being larger than what the connection of its caller holds just now.
    if (client.backlog >= limits.backlogBytes) await client.connection.room(longestWait);
    const message = new Message(publication);
    stats.published += 1;
    if (publication.retain) retained.keep(message);
    router.route(message);
  }
}

/** `flespi/rest/{method}/{api-uri}` as a call; the payload is the body, or for GET what HTTP takes in `data`. */
function readCall(client: Client, { topic, payload, userProperties }: Publication): RestCall {
  const [, word = '', uri = ''] = /^([^/?]*)\/?(.*)$/s.exec(topic.slice(prefix.length)) ?? [];
  const mark = uri.indexOf('?');
  const call: RestCall = {
    // Methods are in small letters here and in capitals there, so that what is no method in a topic is none for REST either.
    method: methods.has(word) ? word.toUpperCase() : word.toLowerCase(),
    path: mark === -1 ? uri : uri.slice(0, mark),
    query: mark === -1 ? '' : uri.slice(mark + 1),
    token: client.token,
    via: 'mqtt',
  };
  const cid = [userProperties['cid'] ?? userProperties['x-flespi-cid']].flat()[0];
  if (cid !== undefined) call.cid = Number(cid);
  if (payload.length === 0) return call;
  if (call.method !== 'GET') call.body = payload;
  else if (!/(^|&)data=/.test(call.query))
    call.query += `${call.query === '' ? '' : '&'}data=${encodeURIComponent(payload.toString('utf8'))}`;
  return call;
}

function replyTo(
  request: Publication,
  { payload, httpCode }: AnswerPart,
  faults: RpcFaults | undefined,
): Omit<Publication, 'cid' | 'timestamp' | 'retain'> {
  const publication: Omit<Publication, 'cid' | 'timestamp' | 'retain'> = {
    topic: request.responseTopic ?? request.topic,
    payload,
    qos: 1,
    userProperties: httpCode === undefined ? {} : { http_code: httpCode },
  };
  const correlation = faults?.correlation === 'foreign' ? Buffer.from('foreign') : request.correlationData;
  if (correlation !== undefined && faults?.correlation !== 'none') publication.correlationData = correlation;
  return publication;
}

function firstOf({ userProperties }: Publication, name: string): string | undefined {
  return [userProperties[name]].flat()[0];
}

function failure(status: number, reason: string): RestAnswer {
  return { status, headers: {}, body: JSON.stringify({ errors: [{ code: status, reason }] }) };
}

/** Over HTTP an unknown path is answered in plain text; over MQTT every answer is JSON. */
function asJson({ status, body }: RestAnswer): string {
  return /^\s*[{[]/.test(body) ? body : failure(status, body.trim()).body;
}
