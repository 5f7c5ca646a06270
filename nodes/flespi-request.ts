import type { Node, NodeAPI } from 'node-red';
import type { CallDefinition } from './call-definition';
import { callNode } from './call-node';

export default function flespiRequest(RED: NodeAPI): void {
  function FlespiRequest(this: Node, def: CallDefinition): void {
    RED.nodes.createNode(this, def);
    callNode(RED, this, def, async ({ http }) => http);
  }
  RED.nodes.registerType('flespi-request', FlespiRequest);
}
