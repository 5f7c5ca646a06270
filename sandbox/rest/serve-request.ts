import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Accounts } from '../account/accounts';
import type { Token } from '../account/token';
import type { Assumptions } from '../assumptions';
import { lieAboutPages } from './faults/paging-faults';
import type { Effect, RestFaults } from './faults/rest-faults';
import { insteadOf, spoilResponse } from './faults/spoil-response';
import { httpAnswer, preflight, sendAnswer } from './http-answer';
import { readRequest, type HttpCall } from './read-request';
import { errorEntry, failure } from './refusal';
import type { RequestLog } from './request-log';
import type { RestAnswer, RestHandler } from './rest-call';
import { resetStream } from '../reset-stream';

/** What the HTTP door leads to. */
export interface HttpDoor {
  rest: RestHandler;
  accounts: Accounts;
  assumptions: Assumptions;
  /** Unix seconds. */
  now: () => number;
  faults: RestFaults;
  log: RequestLog;
  /** Answers what is under `/sandbox/`, when that is open. */
  admin?: ((method: string, path: string, body: Uint8Array) => RestAnswer) | undefined;
}

/** Serves one HTTP request, with the faults that hit it. Rejects when the connection is past saving. */
export async function serveRequest(door: HttpDoor, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // A peer that goes away in the middle is nobody's fault.
  request.on('error', () => response.destroy());
  response.on('error', () => request.destroy());
  if (request.method === 'OPTIONS') {
    response.writeHead(204, preflight(request)).end();
    return;
  }
  const { assumptions, faults, log, now } = door;
  const call = await readRequest(request, assumptions.bodyLimit);
  const ofPlatform = !isAdmin(call);
  if (ofPlatform) log.add(call, now());
  const effect = ofPlatform ? faults.next(call.method, call.path, call.query) : undefined;
  if (effect) await misbehave(door, call, request, response, effect);
  else sendAnswer(response, await httpAnswer(await answerTo(door, call), call.headers, assumptions.gzipFrom));
}

/** Serves a call that faults hit. */
async function misbehave(
  door: HttpDoor,
  call: HttpCall,
  { socket }: IncomingMessage,
  response: ServerResponse,
  effect: Effect,
): Promise<void> {
  const { rest, faults, assumptions } = door;
  const { latency = 0, jitter = 0, reset } = effect;
  const delay = latency + jitter * faults.random();
  if (delay > 0) await pause(delay, response);
  if (reset === 'before') {
    resetStream(socket);
    return;
  }
  const lying = { ...door, rest: lieAboutPages(rest, effect) };
  const answer =
    insteadOf(effect) ?? (await httpAnswer(await answerTo(lying, call), call.headers, assumptions.gzipFrom));
  if (reset === 'after') resetStream(socket);
  else await spoilResponse(response, answer, effect);
}

/** Waits; rejects when the caller goes away first. */
async function pause(milliseconds: number, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  await wait(milliseconds, undefined, { signal: gone.signal });
}

async function answerTo({ rest, accounts, assumptions, admin }: HttpDoor, call: HttpCall): Promise<RestAnswer> {
  const { method, path, query, body, headers, address } = call;
  const { badRequest, unauthorized } = assumptions.errorCodes;
  const token = accounts.byHeader(headers.authorization, address);
  if (!token && !isOpen(path)) {
    return failure(assumptions, 401, [{ code: unauthorized, reason: 'token is missing, invalid or expired' }]);
  }
  if (body === undefined) return failure(assumptions, 413, [{ code: badRequest, reason: 'body is too large' }]);
  if (admin && isAdmin(call) && token?.access.type === 1) {
    return administer(assumptions, () => admin(method, path, body));
  }
  const cid = accountId(headers['x-flespi-cid']);
  if (Number.isNaN(cid)) {
    return failure(assumptions, 400, [{ code: badRequest, reason: 'x-flespi-cid must be the id of an account' }]);
  }
  const caller = { token: token ?? nobody, ...(cid !== undefined && { cid }) };
  return rest({ method, path, query, body, via: 'http', ...caller });
}

function administer(assumptions: Assumptions, act: () => RestAnswer): RestAnswer {
  try {
    return act();
  } catch (error) {
    return failure(assumptions, 400, [errorEntry(assumptions, error)]);
  }
}

function isAdmin({ path }: HttpCall): boolean {
  return path.startsWith('sandbox/');
}

/** Resources that need no token. */
function isOpen(path: string): boolean {
  return path === 'auth/regions' || path === 'auth/regions/';
}

/** Who calls without a token. */
const nobody: Token = {
  id: 0,
  key: '',
  cid: 0,
  info: '',
  enabled: true,
  created: 0,
  accessed: 0,
  ttl: 0,
  expire: 0,
  ips: '',
  access: { type: 0 },
  metadata: {},
};

function accountId(header: string | string[] | undefined): number | undefined {
  if (header === undefined) return undefined;
  return /^\d{1,15}$/.test(String(header)) ? Number(header) : Number.NaN;
}
