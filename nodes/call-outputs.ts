import type { NodeAPI, NodeMessage } from 'node-red';
import type { CallOutput } from './protocol/call';

/** What a call answers anew, and what an earlier call may have left on the message. */
const answered: ReadonlySet<string> = new Set([
  'payload',
  'statusCode',
  'headers',
  'responseUrl',
  'pagination',
  'errors',
  'warnings',
  'countChanged',
  'complete',
  'incomplete',
] satisfies (keyof CallOutput)[]);

/**
 * Makes the outgoing messages of one incoming message: its other properties are kept, and no two messages share an object
 * that a flow could change.
 */
export function callOutputs(RED: NodeAPI, incoming: NodeMessage): (output: CallOutput) => NodeMessage {
  const outerParts = incoming['parts'];
  const base: NodeMessage = {};
  for (const [key, value] of Object.entries(incoming)) if (!answered.has(key)) base[key] = value;
  // Most messages carry nothing but texts and numbers besides the payload; copying those is all the cloning they need.
  const flat = Object.values(base).every((value) => typeof value !== 'object' || value === null);
  return (output) => {
    const { parts, headers, pagination } = output;
    // This runs for every item of a walk, and V8 does it ten times faster than the same with spread syntax.
    const msg: NodeMessage = Object.assign({}, flat ? base : RED.util.cloneMessage(base), output);
    if (headers) msg['headers'] = { ...headers };
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
