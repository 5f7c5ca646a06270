import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { FlespiError } from './protocol/flespi-error';

/**
 * The value of a typed input (str, num, json, msg, flow, global, env, jsonata, ...) for this message.
 * Always through the callback: context may live in an asynchronous store, and JSONata is asynchronous.
 * @throws FLESPI_BAD_INPUT; `name` is what the form calls it.
 */
export async function typedValue(
  RED: NodeAPI,
  node: Node,
  msg: NodeMessage,
  name: string,
  value: string | undefined,
  type: string | undefined,
): Promise<unknown> {
  if (value === undefined || type === 'none') return undefined;
  const kind = type || 'str';
  // As in core: an empty field is "not given", whatever its type would make of it.
  if (value === '' && kind !== 'msg' && kind !== 'date') return undefined;
  try {
    return await new Promise((resolve, reject) => {
      RED.util.evaluateNodeProperty(value, kind, node, msg, (error, result: unknown) => {
        if (error) reject(error instanceof Error ? error : new Error(String(error)));
        else resolve(result);
      });
    });
  } catch (cause) {
    const given = `${kind === 'jsonata' ? 'JSONata' : `${kind}.`}${kind === 'jsonata' ? '' : value}`;
    throw new FlespiError('FLESPI_BAD_INPUT', { attempted: name, params: { problem: 'no-value', name, given }, cause });
  }
}
