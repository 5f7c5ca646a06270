import type { IPublishPacket, UserProperties } from 'mqtt-packet';
import type { BrokerCore } from './broker-core';
import { fitsPattern } from './broker-faults';
import type { Client } from './client';
import { Message } from './message';
import type { Publication } from './publication';
import { ReasonCode } from './reason-code';
import { isCall } from './rpc';
import { isTopicName } from './topic-filter';

/** Topics that only the platform publishes to (flespi: "flespi API basics", MQTT concepts). */
const reserved = 'flespi/';

/** PUBLISH (section 3.3). */
export function handlePublish(core: BrokerCore, client: Client, packet: IPublishPacket): void {
  const topic = resolveTopic(client, packet);
  if (typeof topic === 'number') return client.disconnect(topic);
  const violation = findViolation(core, client, packet, topic);
  if (violation !== undefined) return client.disconnect(violation);

  const { session } = client;
  const { qos, messageId = 0 } = packet;
  if (qos === 2 && session.received.has(messageId)) {
    // Sent again before it was released: taken already [MQTT-4.3.3-10].
    client.connection.send({ cmd: 'pubrec', messageId, reasonCode: 0 });
    return;
  }
  const reasonCode = take(core, client, packet, topic);
  if (qos === 2) {
    if (reasonCode < 0x80 || client.version !== 5) session.received.add(messageId);
    client.connection.send({ cmd: 'pubrec', messageId, reasonCode });
  } else if (qos === 1) {
    const { puback } = core.faults;
    if (puback?.code === 'never' && fitsPattern(puback.topic, topic)) return;
    client.connection.send({ cmd: 'puback', messageId, reasonCode });
  }
}

/** Whether a topic is the platform's own; its RPC entry is not, for a client may publish there. */
export function isReserved(topic: string): boolean {
  return topic.startsWith(reserved) && !isCall(topic);
}

/** What a PUBLISH or a will says, as a publication of that account. */
export function readPublication(
  packet: Pick<IPublishPacket, 'topic' | 'properties'> & {
    payload: Buffer | string;
    qos?: 0 | 1 | 2;
    retain?: boolean;
  },
  cid: number,
  timestamp: number,
): Publication {
  const { qos = 0, retain = false, properties = {} } = packet;
  const kept = qos > 0 || retain;
  const bytes = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
  const publication: Publication = {
    topic: packet.topic,
    // What is kept for a while must not hold the whole buffer that was read from the socket.
    payload: kept ? Buffer.from(bytes) : bytes,
    qos,
    retain,
    cid,
    timestamp,
    userProperties: readUserProperties(properties.userProperties),
  };
  if (properties.responseTopic !== undefined) publication.responseTopic = properties.responseTopic;
  if (properties.correlationData !== undefined)
    publication.correlationData = kept ? Buffer.from(properties.correlationData) : properties.correlationData;
  if (properties.contentType !== undefined) publication.contentType = properties.contentType;
  if (properties.payloadFormatIndicator !== undefined)
    publication.payloadFormatIndicator = properties.payloadFormatIndicator;
  if (properties.messageExpiryInterval !== undefined)
    publication.messageExpiryInterval = properties.messageExpiryInterval;
  return publication;
}

function readUserProperties(properties: UserProperties | undefined): Record<string, string | string[]> {
  // Without a prototype, as the codec made it: `__proto__` is a name like any other.
  return Object.assign(Object.create(null) as Record<string, string | string[]>, properties);
}

/** The topic itself, or of the alias (section 3.3.2.3.4); the reason to disconnect when there is none. */
function resolveTopic({ aliases, terms }: Client, { topic, properties }: IPublishPacket): string | number {
  const alias = properties?.topicAlias;
  if (alias === undefined) return topic === '' ? ReasonCode.protocolError : topic;
  if (alias === 0 || alias > terms.announced.topicAliasMaximum) return ReasonCode.topicAliasInvalid;
  if (topic === '') return aliases.get(alias) ?? ReasonCode.protocolError;
  aliases.set(alias, topic);
  return topic;
}

function findViolation(
  { limits, faults }: BrokerCore,
  client: Client,
  packet: IPublishPacket,
  topic: string,
): number | undefined {
  const { announced } = client.terms;
  if (!isTopicName(topic, limits.topicLevels)) return ReasonCode.topicNameInvalid;
  const response = packet.properties?.responseTopic;
  if (response !== undefined && !isTopicName(response)) return ReasonCode.protocolError; // [MQTT-3.3.2-14]
  if (packet.qos > announced.maximumQoS) return ReasonCode.qosNotSupported; // [MQTT-3.2.2-11]
  if (packet.retain && !announced.retain) return ReasonCode.retainNotSupported; // [MQTT-3.2.2-14]
  // Only QoS 2 publications stay open here; QoS 1 is answered at once [MQTT-3.3.4-7].
  if (packet.qos === 2 && client.session.received.size >= announced.receiveMaximum)
    return ReasonCode.receiveMaximumExceeded;
  const { disconnectOnPublish } = faults;
  if (disconnectOnPublish !== undefined && fitsPattern(disconnectOnPublish.topic, topic))
    return disconnectOnPublish.code;
  return undefined;
}

/** Takes a publication, or gives the reason why not. Before MQTT 5 nobody learns of it [MQTT-3.3.5-2] of 3.1.1. */
function take(core: BrokerCore, client: Client, packet: IPublishPacket, topic: string): number {
  const { accounts, faults, retained, router, stats } = core;
  const { puback } = faults;
  if (puback !== undefined && puback.code !== 'never' && packet.qos === 1 && fitsPattern(puback.topic, topic)) {
    if (puback.code >= 0x80) return puback.code;
  }
  if (isReserved(topic) || !accounts.mayPublish(client.token, topic)) return ReasonCode.notAuthorized;
  const publication = readPublication({ ...packet, topic }, client.token.cid, core.stamp());
  stats.published += 1;
  if (isCall(topic)) return core.rpc.start(client, publication);
  const message = new Message(publication);
  if (packet.retain && !retained.keep(message)) return ReasonCode.quotaExceeded;
  const slow = router.route(message, client.session);
  if (slow !== undefined) client.connection.waitFor(slow.connection);
  return puback !== undefined && typeof puback.code === 'number' && fitsPattern(puback.topic, topic) ? puback.code : 0;
}
