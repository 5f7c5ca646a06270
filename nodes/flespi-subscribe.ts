import type { Node, NodeAPI, NodeDef } from 'node-red';
import { closeNode } from './close-node';
import { whenFlowsStarted } from './flows-started';
import { handleInput } from './handle-input';
import { SubscribeNode, type SubscribeDefinition } from './subscribe-node';

export default function flespiSubscribe(RED: NodeAPI): void {
  function FlespiSubscribe(this: Node, def: NodeDef & SubscribeDefinition): void {
    RED.nodes.createNode(this, def);
    const subscribe = new SubscribeNode(RED, this, def);
    handleInput(RED, this, (msg, send, signal) => subscribe.control(msg, send, signal));

    // Not before: a message that waited for this node must find the rest of the flow there.
    const callOff = whenFlowsStarted(RED, () => subscribe.start());
    closeNode(this, (removed) => {
      callOff();
      return subscribe.close(removed);
    });
  }
  RED.nodes.registerType('flespi-subscribe', FlespiSubscribe);
}
