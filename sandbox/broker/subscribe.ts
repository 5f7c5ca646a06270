import type { ISubscribePacket, ISubscription } from 'mqtt-packet';
import type { BrokerCore } from './broker-core';
import { fitsPattern } from './broker-faults';
import type { Client } from './client';
import { ReasonCode } from './reason-code';
import type { Session } from './session';
import { parseSubscriptionTopic, type Subscription } from './subscription';
import { hasWildcard } from './topic-filter';

/** What becomes of one filter of a SUBSCRIBE. */
interface Decision {
  /** The code for SUBACK: the granted QoS, or the reason why not. */
  code: number;
  subscription?: Subscription;
  /** The session did not have this filter before. */
  isNew?: boolean;
  /** The filter is malformed; see `invalidFilter` among the assumptions. */
  isMalformed?: boolean;
}

/** SUBSCRIBE (section 3.8): each filter on its own, one SUBACK for all, then what is retained. */
export function handleSubscribe(core: BrokerCore, client: Client, packet: ISubscribePacket): void {
  const violation = findViolation(client, packet);
  if (violation !== undefined) return client.disconnect(violation);
  const faults = packet.subscriptions.map(({ topic }) => faultFor(core, client, topic));
  if (faults.includes('never')) return;

  const decisions = packet.subscriptions.map((request, index): Decision => {
    const code = faults[index] as number | undefined;
    if (code !== undefined && code >= 0x80) return { code };
    const asked = { ...request, qos: Math.min(request.qos, code ?? 2) as Subscription['qos'] };
    return subscribe(core, client.session, asked, packet.properties);
  });
  const malformed = decisions.some(({ isMalformed }) => isMalformed === true);
  const { invalidFilter } = core.assumptions;
  if (!malformed || invalidFilter !== 'disconnect') {
    const granted = decisions.map(({ code }) => (client.version < 5 && code >= 0x80 ? 0x80 : code));
    client.connection.send({ cmd: 'suback', messageId: packet.messageId ?? 0, granted });
  }
  if (malformed && invalidFilter !== 'suback') return client.disconnect(ReasonCode.topicFilterInvalid);
  for (const { subscription, isNew } of decisions)
    if (subscription !== undefined) replayRetained(core, subscription, isNew === true);
}

/** Adds a subscription to a session, in place of the one with the same topic [MQTT-3.8.4-3]. */
export function subscribe(
  { accounts, assumptions, limits, now, router }: BrokerCore,
  session: Session,
  request: ISubscription,
  properties: ISubscribePacket['properties'] = {},
): Decision {
  const cid = [properties.userProperties?.['cid']].flat()[0];
  const parsed = parseSubscriptionTopic(request.topic, { now, cid, topicLevels: limits.topicLevels });
  if (parsed === undefined) return { code: ReasonCode.topicFilterInvalid, isMalformed: true };
  if (session.token !== undefined && !accounts.maySubscribe(session.token, parsed.filter))
    return { code: ReasonCode.notAuthorized };
  const before = session.subscriptions.get(request.topic);
  if (before === undefined && session.subscriptions.size >= limits.subscriptions)
    return { code: ReasonCode.quotaExceeded };

  const subscription: Subscription = {
    ...parsed,
    session,
    topic: request.topic,
    qos: Math.min(request.qos, assumptions.maximumQoS) as Subscription['qos'],
    noLocal: request.nl === true,
    retainAsPublished: request.rap === true,
    retainHandling: request.rh ?? 0,
    identifier: properties.subscriptionIdentifier,
  };
  session.subscriptions.set(request.topic, subscription);
  // Added before the old one goes: a shared group with one member must not fall apart in between.
  router.add(subscription);
  if (before !== undefined && before.share === undefined) router.delete(before);
  return { code: subscription.qos, subscription, isNew: before === undefined };
}

/** Sends what is retained, as Retain Handling asks [MQTT-3.3.1-9] to [MQTT-3.3.1-11]; never to a shared subscription (section 4.8.2). */
function replayRetained({ retained, router }: BrokerCore, subscription: Subscription, isNew: boolean): void {
  const { retainHandling, session, levels } = subscription;
  if (subscription.share !== undefined || retainHandling === 2 || (retainHandling === 1 && !isNew)) return;
  router.replay(subscription, retained.match(session.cid, levels, true));
}

function findViolation({ terms: { announced } }: Client, { subscriptions }: ISubscribePacket): number | undefined {
  for (const { topic, nl } of subscriptions) {
    const shared = topic.startsWith('$share/');
    if (shared && nl === true) return ReasonCode.protocolError; // [MQTT-3.8.3-4]
    if (shared && !announced.shared) return ReasonCode.sharedSubscriptionsNotSupported; // 3.2.2.3.13
    if (!announced.wildcards && hasWildcard(topic.split('/'))) return ReasonCode.wildcardSubscriptionsNotSupported; // 3.2.2.3.11
  }
  return undefined;
}

function faultFor({ faults }: BrokerCore, { session }: Client, topic: string): number | 'never' | undefined {
  return faults.suback?.find((fault) => session.connects >= (fault.fromConnect ?? 1) && fitsPattern(fault.topic, topic))
    ?.code;
}
