import type { Node, NodeAPI } from 'node-red';
import type { CallDefinition } from './call-definition';
import { callNode } from './call-node';
import { wholeNumber } from './form-value';
import { typedValue } from './typed-value';

interface RpcDefinition extends CallDefinition {
  /** Subaccount in whose space the answer is published. */
  responseCid?: string;
  responseCidType?: string;
}

export default function flespiRpc(RED: NodeAPI): void {
  function FlespiRpc(this: Node, def: RpcDefinition): void {
    RED.nodes.createNode(this, def);
    callNode(RED, this, def, async ({ rpc }, msg) => {
      const given = await typedValue(RED, this, msg, 'responseCid', def.responseCid, def.responseCidType);
      const responseCid = wholeNumber('responseCid', given, { min: 1, max: Number.MAX_SAFE_INTEGER });
      return rpc.with({ chunked: true, responseCid });
    });
  }
  RED.nodes.registerType('flespi-rpc', FlespiRpc);
}
