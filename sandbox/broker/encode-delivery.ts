import { generate, type IPublishPacket } from 'mqtt-packet';
import type { BrokerAssumptions } from './broker-assumptions';
import type { Delivery } from './delivery';

export type ProtocolVersion = 3 | 4 | 5;

export interface WireOptions {
  version: ProtocolVersion;
  dup: boolean;
  messageId?: number | undefined;
  /** With a topic already known to the client by its alias, the packet leaves the topic out. */
  alias?: { number: number; known: boolean } | undefined;
  now: number;
  assumptions: BrokerAssumptions;
}

/** The PUBLISH packet of a delivery, in bytes. */
export function encodeDelivery(delivery: Delivery, options: WireOptions): Buffer {
  // Only packets without a packet identifier or an alias are the same for several clients.
  const shareable = delivery.qos === 0 && options.alias === undefined && !options.assumptions.expiryCountsDown;
  if (!shareable) return generate(toPacket(delivery, options), { protocolVersion: options.version });
  const key = `${options.version === 5 ? delivery.identifiers.join() : 'v3'} ${delivery.retain}`;
  const cache = (delivery.message.encoded ??= new Map());
  let bytes = cache.get(key);
  if (bytes === undefined) {
    bytes = generate(toPacket(delivery, options), { protocolVersion: options.version });
    cache.set(key, bytes);
  }
  return bytes;
}

function toPacket(delivery: Delivery, options: WireOptions): IPublishPacket {
  const { publication } = delivery.message;
  const packet: IPublishPacket = {
    cmd: 'publish',
    topic: options.alias?.known === true ? '' : publication.topic,
    payload: publication.payload,
    qos: delivery.qos,
    retain: delivery.retain,
    dup: options.dup,
  };
  if (options.messageId !== undefined) packet.messageId = options.messageId;
  if (options.version === 5) packet.properties = propertiesOf(delivery, options);
  return packet;
}

function propertiesOf(delivery: Delivery, { alias, now, assumptions }: WireOptions): IPublishPacket['properties'] {
  const { publication, userProperties } = delivery.message;
  const properties: NonNullable<IPublishPacket['properties']> = {};
  const added = assumptions.deliveryProperties ? userProperties : publication.userProperties;
  // The codec gives up on an empty set.
  if (Object.keys(added).length > 0) properties.userProperties = added;
  if (delivery.identifiers.length > 0) properties.subscriptionIdentifier = [...delivery.identifiers];
  if (alias !== undefined) properties.topicAlias = alias.number;
  if (publication.responseTopic !== undefined) properties.responseTopic = publication.responseTopic;
  if (publication.correlationData !== undefined) properties.correlationData = publication.correlationData;
  if (publication.contentType !== undefined) properties.contentType = publication.contentType;
  if (publication.payloadFormatIndicator !== undefined)
    properties.payloadFormatIndicator = publication.payloadFormatIndicator;
  const expiry = publication.messageExpiryInterval;
  if (expiry !== undefined) {
    const age = assumptions.expiryCountsDown ? Math.floor(now - publication.timestamp) : 0;
    properties.messageExpiryInterval = Math.max(0, expiry - age);
  }
  return properties;
}
