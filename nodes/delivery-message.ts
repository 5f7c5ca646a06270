import type { NodeMessage } from 'node-red';
import type { Delivery } from './protocol/subscription';

/** What core's `mqtt in` puts on a message, and flespi's time and account. */
export function deliveryMessage({ topic, qos, retain, userProperties, ...more }: Delivery): NodeMessage {
  const msg: NodeMessage = { topic, payload: undefined, qos, retain };
  // An ordinary object: flows call its methods.
  if (Object.keys(userProperties).length > 0) msg['userProperties'] = { ...userProperties };
  if (more.timestamp !== undefined) msg['timestamp'] = more.timestamp;
  if (more.cid !== undefined) msg['cid'] = more.cid;
  if (more.responseTopic !== undefined) msg['responseTopic'] = more.responseTopic;
  if (more.correlationData !== undefined) msg['correlationData'] = more.correlationData;
  if (more.contentType !== undefined) msg['contentType'] = more.contentType;
  if (more.messageExpiryInterval !== undefined) msg['messageExpiryInterval'] = more.messageExpiryInterval;
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
