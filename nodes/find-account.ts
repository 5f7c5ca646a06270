import type { Node, NodeAPI } from 'node-red';
import type { Account } from './account';
import { tokenKey } from './account-settings';
import type { AccountNode } from './flespi-config';
import { FlespiError } from './protocol/flespi-error';

/**
 * The account that a node refers to. Asked for with every message, because it may be disabled, deleted or have no token: each is
 * a sentence on the node that wants it, never a throw while flows start.
 * @throws FLESPI_NO_ACCOUNT, FLESPI_NO_TOKEN, or why its settings cannot be used.
 */
export function findAccount(RED: NodeAPI, node: Node, id: string | undefined): Account {
  const found = id ? (RED.nodes.getNode(id) as AccountNode | null) : null;
  if (found?.type !== 'flespi-config') throw new FlespiError('FLESPI_NO_ACCOUNT', { attempted: node.type });
  if (found.flespi instanceof FlespiError) throw found.flespi;
  if (tokenKey(found.credentials?.token) === '') throw new FlespiError('FLESPI_NO_TOKEN', { attempted: node.type });
  found.users[node.id] = node;
  return found.flespi;
}

/** The account no longer tells this node about itself. */
export function leaveAccount(RED: NodeAPI, node: Node, id: string | undefined): void {
  const found = id ? (RED.nodes.getNode(id) as AccountNode | null) : null;
  // A redeploy may have put a new instance of the node there already.
  if (found?.users?.[node.id] === node) delete found.users[node.id];
}
