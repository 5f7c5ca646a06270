import type { NodeMessage } from 'node-red';
import type { Delivery } from './protocol/subscription';

/** What core's `mqtt in` puts on a message, and flespi's time and account. */
export function deliveryMessage(delivery: Delivery): NodeMessage {
  const { topic, qos, retain, userProperties, timestamp, cid } = delivery;
  const msg: NodeMessage = { topic, payload: undefined, qos, retain };
  // An ordinary object: flows call its methods.
  if (userProperties) msg['userProperties'] = { ...userProperties };
  if (timestamp !== undefined) msg['timestamp'] = timestamp;
  if (cid !== undefined) msg['cid'] = cid;
  const { responseTopic, correlationData, contentType, messageExpiryInterval } = delivery;
  if (responseTopic !== undefined) msg['responseTopic'] = responseTopic;
  if (correlationData !== undefined) msg['correlationData'] = correlationData;
  if (contentType !== undefined) msg['contentType'] = contentType;
  if (messageExpiryInterval !== undefined) msg['messageExpiryInterval'] = messageExpiryInterval;
  return msg;
}

/**
 * One message for many: `payload` is the list of their payloads, which is what a database inserts, and `messages` the list
 * of the messages themselves, each with the same payload, its topic, time and the rest. `topic` is there when all have the
 * same.
 */
export function batchMessage(messages: NodeMessage[]): NodeMessage {
  const msg: NodeMessage & { messages: NodeMessage[] } = { payload: messages.map(({ payload }) => payload), messages };
  const topic = messages[0]?.topic;
  if (topic !== undefined && messages.every((one) => one.topic === topic)) msg.topic = topic;
  return msg;
}
