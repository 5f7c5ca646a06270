import type { IConnectPacket } from 'mqtt-packet';
import type { Token } from '../account/token';
import type { BrokerCore } from './broker-core';
import type { Will } from './client';
import { Message } from './message';
import { isReserved, readPublication } from './publish';
import { ReasonCode } from './reason-code';
import { isCall } from './rpc';
import { isTopicName } from './topic-filter';

/** The will of a CONNECT (section 3.1.3); the reason to refuse when it may not be left. */
export function readWill(
  { accounts, assumptions, faults, limits }: BrokerCore,
  { will }: IConnectPacket,
  token: Token | undefined,
): Will | number | undefined {
  if (will === undefined || token === undefined) return undefined;
  if (!isTopicName(will.topic, limits.topicLevels)) return ReasonCode.topicNameInvalid;
  if (isReserved(will.topic) || isCall(will.topic) || !accounts.mayPublish(token, will.topic))
    return ReasonCode.notAuthorized;
  const announcedQoS = faults.connack?.maximumQoS ?? (assumptions.announceMaximumQoS ? assumptions.maximumQoS : 2);
  if ((will.qos ?? 0) > announcedQoS) return ReasonCode.qosNotSupported; // [MQTT-3.2.2-12]
  if (will.retain === true && faults.connack?.retainAvailable === false) return ReasonCode.retainNotSupported; // [MQTT-3.2.2-13]
  // The time is that of its publication; the delay belongs to the session, not to the message.
  const { willDelayInterval = 0, ...properties } = will.properties ?? {};
  return { publication: readPublication({ ...will, properties }, token.cid, 0), delaySeconds: willDelayInterval };
}

/** Publishes a will whose client is gone. */
export function publishWill({ retained, router, stamp, stats }: BrokerCore, { publication }: Will): void {
  const message = new Message({ ...publication, timestamp: stamp() });
  stats.published += 1;
  if (publication.retain) retained.keep(message);
  router.route(message);
}
