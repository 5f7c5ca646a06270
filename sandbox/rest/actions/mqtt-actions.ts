import type { Publication } from '../../broker/publication';
import type { SessionItem, SubscriptionItem } from '../../broker/session-report';
import { describe, isObject, type JsonObject } from '../../platform/check-fields';
import { badRequest, Rejection } from '../../platform/rejection';
import { eachOf } from '../answer-parts';
import type { Call, Outcome } from '../call';
import { collectionOf } from '../collections';
import { plainCollection } from '../collection';
import { projection } from '../projection';
import { selectRows } from '../select-rows';

const month = 30 * 86_400;

/** `POST mqtt/sessions`: persistent sessions without a connection. */
export function createSessions(call: Call): Outcome {
  const { broker, cid } = call;
  return {
    result: eachOf(call, objectsOf(call), (body) => {
      const { client_id: clientId, expires = month, ...others } = body;
      refuseUnknown(others, ['client_id', 'expires']);
      if (typeof clientId !== 'string' || clientId === '') throw badRequest('"client_id" must be text');
      if (typeof expires !== 'number' || expires <= 0) throw badRequest('"expires" must be a number of seconds');
      const session = broker.createSession(cid, clientId, expires);
      if (!session) throw badRequest(`there is a session with client_id "${clientId}"`);
      return session;
    }),
  };
}

/** `POST mqtt/sessions/{}/subscriptions`. */
export function createSubscriptions(call: Call): Outcome {
  const { broker } = call;
  const show = projection(call, collectionOf('mqtt/sessions/subscriptions'));
  const known = ['topic', 'qos', 'no_local', 'rap', 'retain_handling', 'subscription_id'];
  const sessions = selectRows(call).picked.map(({ row }) => row as SessionItem);
  const pairs = sessions.flatMap((session) => objectsOf(call).map((body) => [session, body] as const));
  return {
    result: eachOf(call, pairs, ([session, body]) => {
      const { topic, ...others } = body;
      refuseUnknown(Object.fromEntries(Object.entries(others).filter(([name]) => !known.includes(name))), known);
      if (typeof topic !== 'string' || topic === '') throw badRequest('"topic" must be text');
      const code = broker.subscribe(session.id, { ...(others as Partial<SubscriptionItem>), topic });
      if (code >= refused) throw badRequest(`subscription to "${topic}" is refused with code ${code}`);
      const made = broker.subscriptions(session.id).find((subscription) => subscription.topic === topic);
      return show(made ?? { topic });
    }),
  };
}

/** From this SUBACK code on a subscription is refused. */
const refused = 128;

/** `POST mqtt/messages`: publishes for the account. */
export function publishMessages(call: Call): Outcome {
  const { broker, cid, platform, token } = call;
  return {
    result: eachOf(call, objectsOf(call), (body) => {
      const { topic, payload = '', retain = false, ...others } = body;
      refuseUnknown(others, ['topic', 'payload', 'retain']);
      if (typeof topic !== 'string' || topic === '' || /[+#\0]/.test(topic))
        throw badRequest('"topic" must be a topic');
      if (typeof retain !== 'boolean') throw badRequest('"retain" must be true or false');
      if (topic.startsWith('flespi/') || !platform.accounts.mayPublish(token, topic)) {
        throw new Rejection('forbidden', `publishing to "${topic}" is not permitted`);
      }
      const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
      broker.publish({ topic, cid, payload: text, retain });
      return { topic };
    }),
  };
}

const retainedMessages = plainCollection({
  keyField: 'topic',
  words: true,
  fields: ['topic', 'payload', 'cid', 'timestamp', 'qos', 'user_properties', 'size'],
  onRequest: ['size'],
  rows: () => [],
});

/** `GET mqtt/messages/{}`: retained messages under a topic filter; without `recursive` only the account's own. */
export function readRetained(call: Call): Outcome {
  const filter = topicFilter(call);
  const show = projection(call, retainedMessages);
  const found = call.broker.retained(call.cid, filter, { recursive: recursive(call.query.data) });
  if (!found) throw badRequest(`invalid topic filter "${filter}"`);
  return { result: found.map((message) => show(shown(message))) };
}

/** Forgets them. Those under `flespi/` are the platform's own state and stay. */
export function deleteRetained(call: Call): Outcome {
  const filter = topicFilter(call);
  if (filter.startsWith('flespi/')) throw new Rejection('forbidden', 'state of the platform cannot be deleted');
  const options = { recursive: recursive(isObject(call.body) ? call.body : {}) };
  const found = call.broker.retained(call.cid, filter, options);
  if (!found) throw badRequest(`invalid topic filter "${filter}"`);
  const own = found.filter(({ topic }) => !topic.startsWith('flespi/'));
  for (const { topic, cid } of own) call.broker.clearRetained(cid, topic, { recursive: false });
  return { result: own.map(({ topic }) => ({ topic })) };
}

function topicFilter(call: Call): string {
  const filter = call.slots[0]?.text ?? '';
  const plain = filter === 'all' ? '#' : filter;
  if (!call.platform.accounts.maySubscribe(call.token, plain)) {
    throw new Rejection('forbidden', 'action is not permitted by ACL');
  }
  return plain;
}

function recursive({ recursive: value = true }: JsonObject): boolean {
  if (typeof value !== 'boolean') throw badRequest('"recursive" must be true or false');
  return value;
}

function shown({ topic, payload, cid, timestamp, qos, userProperties }: Publication): object {
  const text = payload.toString('utf8');
  return { topic, payload: text, cid, timestamp, qos, user_properties: userProperties, size: payload.length };
}

/** One object or an array of them. */
function objectsOf({ body }: Call): JsonObject[] {
  const list: unknown[] = Array.isArray(body) ? body : [body];
  for (const entry of list) if (!isObject(entry)) throw badRequest(`expected JSON objects, got ${describe(entry)}`);
  return list as JsonObject[];
}

function refuseUnknown(others: JsonObject, known: readonly string[]): void {
  const [name] = Object.keys(others);
  if (name !== undefined) throw badRequest(`unknown field "${name}"`, { hint: known });
}
