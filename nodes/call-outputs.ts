import type { NodeAPI, NodeMessage } from 'node-red';
import type { CallOutput } from './protocol/call';

/**
 * Makes the outgoing messages of one incoming message: its other properties are kept, and no two messages share an object
 * that a flow could change.
 */
export function callOutputs(RED: NodeAPI, incoming: NodeMessage): (output: CallOutput) => NodeMessage {
  const base: NodeMessage = { ...incoming };
  const outerParts = base['parts'];
  // What this call answers anew, and what an earlier call may have left on the message.
  for (const own of [
    'payload',
    'statusCode',
    'headers',
    'responseUrl',
    'pagination',
    'errors',
    'complete',
    'incomplete',
  ]) {
    delete base[own];
  }
  // Most messages carry nothing but texts and numbers besides the payload; copying those is all the cloning they need.
  const flat = Object.values(base).every((value) => typeof value !== 'object' || value === null);
  return (output) => {
    const msg: NodeMessage = flat ? { ...base } : RED.util.cloneMessage(base);
    const { parts, headers, pagination, ...rest } = output;
    for (const [key, value] of Object.entries(rest)) if (value !== undefined) msg[key] = value;
    // Over MQTT there are none.
    if (headers && Object.keys(headers).length > 0) msg['headers'] = { ...headers };
    if (pagination) msg['pagination'] = { ...pagination };
    // Join takes the inner sequence off and finds the outer one below it.
    if (parts)
      msg['parts'] =
        outerParts === undefined
          ? { ...parts }
          : { ...parts, parts: RED.util.cloneMessage({ outerParts })['outerParts'] };
    return msg;
  };
}
