import type { IPublishPacket } from 'mqtt';
import type { Delivery } from './subscription';

/** More names than this are cut off: a message is not a database. */
const mostProperties = 256;

/**
 * A publication as one listener gets it.
 * @param own the payload may be given away; otherwise it is copied, because another listener has it
 */
export function toDelivery(packet: IPublishPacket, own: boolean): Delivery {
  const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
  const properties = packet.properties;
  const delivery: Delivery = {
    topic: packet.topic,
    payload: own ? payload : Buffer.from(payload),
    qos: packet.qos,
    retain: packet.retain,
    dup: packet.dup,
  };
  if (!properties) return delivery;
  if (properties.userProperties) {
    const userProperties = userPropertiesOf(properties.userProperties, own);
    delivery.userProperties = userProperties;
    const timestamp = numberOf(userProperties['timestamp']);
    if (timestamp !== undefined) delivery.timestamp = timestamp;
    const cid = numberOf(userProperties['cid']);
    if (cid !== undefined) delivery.cid = cid;
  }
  const { responseTopic, correlationData, contentType, messageExpiryInterval } = properties;
  if (responseTopic !== undefined) delivery.responseTopic = responseTopic;
  if (correlationData !== undefined) delivery.correlationData = correlationData;
  if (contentType !== undefined) delivery.contentType = contentType;
  if (messageExpiryInterval !== undefined) delivery.messageExpiryInterval = messageExpiryInterval;
  return delivery;
}

/** Names come from the network: on a null prototype, which the library gives them too, `__proto__` is a name like any other. */
function userPropertiesOf(from: Record<string, string | string[]>, own: boolean): Record<string, string | string[]> {
  if (own && isSmall(from)) return from;
  const copy = Object.create(null) as Record<string, string | string[]>;
  let left = mostProperties;
  for (const name in from) {
    if (left === 0) break;
    const value = from[name] as string | string[];
    copy[name] = typeof value === 'string' ? value : value.slice(0, mostProperties);
    left -= 1;
  }
  return copy;
}

function isSmall(properties: Record<string, string | string[]>): boolean {
  let left = mostProperties;
  for (const name in properties) {
    left -= 1;
    if (left === 0 || typeof properties[name] !== 'string') return false;
  }
  return true;
}

/** flespi sends numbers as decimal text; somebody else's property of the same name may hold anything. */
function numberOf(value: string | string[] | undefined): number | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}
