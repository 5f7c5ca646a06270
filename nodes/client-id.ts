import { randomBytes } from 'node:crypto';
import type { NodeAPI } from 'node-red';

const thisProcess = randomBytes(8).toString('hex');

/**
 * The MQTT client id of an account node: the same after a restart, so that a persistent session is found again, and another
 * one for every Node-RED. The node's id alone would not do: examples are imported everywhere with the same ids, and two
 * clients with one id throw each other out for ever (MQTT: session taken over).
 */
export function clientIdOf(RED: NodeAPI, nodeId: string): string {
  return `node-red-${instanceId(RED)}-${nodeId}`;
}

/** Node-RED keeps an id of the installation in its settings; where it has none to keep them, this process has one. */
function instanceId(RED: NodeAPI): string {
  try {
    const id: unknown = RED.settings['get']?.('instanceId');
    return typeof id === 'string' && id !== '' ? id : thisProcess;
  } catch {
    return thisProcess;
  }
}
