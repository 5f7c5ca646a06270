import { scopeOfAction, type ItemScope } from '../account/access-list';
import type { Broker } from '../broker/broker';
import { inSlices } from '../platform/in-slices';
import type { Platform } from '../platform/platform';
import { Rejection } from '../platform/rejection';
import { actionOf, type Rule } from './actions/index';
import type { Call, ErrorEntry, Outcome } from './call';
import type { Resource } from './catalogue';
import { entryRules } from './entry-rules';
import { itemRules } from './item-rules';
import { parseJson } from './json-text';
import { linkRules } from './link-rules';
import { parseQuery, takesOf } from './query';
import { errorEntry, errorsPart, failure, json, statusOf } from './refusal';
import type { RestAnswer, RestCall, RestHandler } from './rest-call';
import { findRoute, type Route } from './route';
import { seriesRules } from './series-rules';

const rules: Readonly<Record<Resource['kind'], Readonly<Partial<Record<string, Rule>>>>> = {
  items: itemRules,
  links: linkRules,
  entries: entryRules,
  series: seriesRules,
  action: {},
};

export interface RestHandlerOptions {
  platform: Platform;
  /** Asked for when a call comes: the broker itself needs the handler to start. */
  broker: () => Broker;
  /** Told of what should not have happened, with the method and the path. */
  onError?: (error: unknown, attempted: string) => void;
}

/**
 * The one way of a REST call, by whichever door it came: find the resource, check the rights, take the call apart, apply the
 * resource's rule, put the answer into its envelope. Never rejects.
 */
export function createRestHandler({ platform, broker, onError }: RestHandlerOptions): RestHandler {
  const { badRequest } = platform.assumptions.errorCodes;
  return async (restCall) => {
    try {
      return await answer(platform, broker(), restCall);
    } catch (error) {
      if (error instanceof Rejection)
        return failure(platform.assumptions, statusOf(error), [errorEntry(platform.assumptions, error)]);
      if (error instanceof URIError) {
        return failure(platform.assumptions, 400, [{ code: badRequest, reason: 'broken percent-encoding' }]);
      }
      // Long work that the end of the platform cut short is no mistake.
      if (!platform.closing.aborted) onError?.(error, `${restCall.method} ${restCall.path}`);
      return failure(platform.assumptions, 500, [{ code: badRequest, reason: 'internal error' }]);
    }
  };
}

async function answer(platform: Platform, broker: Broker, restCall: RestCall): Promise<RestAnswer> {
  const route = findRoute(restCall.path);
  const assumed = route?.resource.assumed;
  const takes = route && takesOf(route.resource, restCall.method);
  const rule = route && ruleOf(route, restCall.method);
  if (!route || takes === undefined || !rule || (assumed && !platform.assumptions[assumed])) return unknownPath();
  const { token } = restCall;
  const cid = accountOf(platform, restCall);
  if (platform.usage.call(cid, restCall.body?.byteLength ?? 0) > (platform.assumptions.callsPerMinute || Infinity)) {
    return tooMany(platform);
  }
  const body = parseBody(platform, restCall);
  const call: Call = {
    platform,
    broker,
    token,
    cid,
    accounts: platform.accounts.subtree(cid),
    scope: allowed(route.resource, restCall),
    method: restCall.method,
    resource: route.resource,
    slots: route.slots,
    query: parseQuery(restCall.query, takes, body),
    body,
    errors: [],
  };
  const outcome = await rule(call);
  const result = await envelope(platform, call, outcome);
  logCall(platform, call, restCall, result.status);
  return result;
}

function ruleOf({ resource }: Route, method: string): Rule | undefined {
  return resource.kind === 'action' ? actionOf(resource.path, method) : rules[resource.kind][method];
}

/** The account to run in: the token's own, or one below it. */
function accountOf(platform: Platform, { token, cid }: RestCall): number {
  if (cid === undefined || cid === token.cid) return token.cid;
  if (platform.accounts.subtree(token.cid).has(cid)) return cid;
  throw new Rejection('forbidden', `account ${cid} is not accessible`);
}

function allowed({ path }: Resource, { token, method }: RestCall): ItemScope {
  const [namespace, collection, ...more] = path.split('/');
  const submodule = more.find((segment) => segment !== '{}');
  // A link is also in reach of who may do it to the item itself; what is below an item wants its own right.
  const scope = scopeOfAction(token, { uri: `${namespace}/${collection}`, method, submodule });
  if (scope !== undefined) return scope;
  throw new Rejection(
    'forbidden',
    token.access.type === 2 ? 'action is not permitted by ACL' : 'action is not permitted by token',
  );
}

function parseBody(platform: Platform, { body }: RestCall): unknown {
  if (body === undefined || body.byteLength === 0) return undefined;
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  return text.trim() === '' ? undefined : parseJson(text, 'body', platform.assumptions.jsonDepth);
}

async function envelope(
  { assumptions, closing }: Platform,
  { errors }: Call,
  { result, pagination }: Outcome,
): Promise<RestAnswer> {
  const beside = { ...(errors.length > 0 && errorsPart(assumptions, errors)), ...(pagination && { pagination }) };
  // What was refused for all items is refused as a whole.
  const failed = errors.length > 0 && result.length === 0;
  const status = failed
    ? statusOfEntries(assumptions.errorCodes, errors)
    : errors.length > 0
      ? assumptions.partialSuccessStatus
      : 200;
  return { status, headers: json, body: await inSlices(bodyText(result, beside), closing) };
}

/** The body as text; a step for each entry of the result, which may be a hundred thousand messages. */
function* bodyText(result: readonly unknown[], beside: object): Generator<undefined, string> {
  const entries: string[] = [];
  for (const entry of result) {
    entries.push(JSON.stringify(entry) ?? 'null');
    yield;
  }
  const rest = JSON.stringify(beside).slice(1);
  return `{"result":[${entries.join(',')}]${rest === '}' ? '' : ','}${rest}`;
}

const text = { 'content-type': 'text/plain; charset=utf-8' };

function statusOfEntries(codes: Platform['assumptions']['errorCodes'], errors: readonly ErrorEntry[]): number {
  if (errors.every(({ code }) => code === codes.notFound)) return 404;
  return errors.every(({ code }) => code === codes.forbidden) ? 403 : 400;
}

/** Not the JSON envelope (seen by the Home Assistant component). */
function unknownPath(): RestAnswer {
  return { status: 404, headers: text, body: 'Not found' };
}

function tooMany({ assumptions }: Platform): RestAnswer {
  const { errorCodes, retryAfter } = assumptions;
  const { status, headers, body } = failure(assumptions, 429, [
    { code: errorCodes.badRequest, reason: 'api_calls limit exceeded' },
  ]);
  return { status, headers: retryAfter > 0 ? { ...headers, 'retry-after': String(retryAfter) } : headers, body };
}

/** The account's own log of its calls; reads are not in it. */
function logCall(platform: Platform, { cid, token }: Call, { method, path, via }: RestCall, status: number): void {
  if (method === 'GET') return;
  const record = {
    event_code: 10,
    origin_type: 1,
    origin_id: cid,
    cid,
    timestamp: platform.now(),
    method,
    uri: `/${path}`,
    http_code: status,
    token_id: token.id,
    transport: via,
  };
  platform.logs.add('platform/customer', cid, record);
  // The last level is a guess; Toolbox listens to all of them.
  platform.topics.log(`platform/customer/${cid}`, 'api', cid, record);
}
