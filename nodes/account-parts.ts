import type { Node, NodeAPI } from 'node-red';
import type { AccountParts } from './account';
import { type AccountDefinition, accountSettings, tokenKey } from './account-settings';
import { text } from './form-value';
import { FlespiError } from './protocol/flespi-error';
import type { TlsOptions } from './protocol/http-transport';
import type { ProxySetting } from './protocol/proxy';

/** Node-RED's own nodes, as far as an account asks them. */
interface TlsNode extends Node {
  valid?: boolean;
  addTLSOptions?(options: object): TlsOptions;
}

interface ProxyNode extends Node<{ username?: string; password?: string }> {
  url?: string;
  noproxy?: string[];
}

/**
 * What an account is made of: the form's settings, and the nodes that the form refers to.
 * @throws FlespiError that says what is wrong with them.
 */
export function accountParts(
  RED: NodeAPI,
  def: AccountDefinition,
  token: () => unknown,
  own: Pick<AccountParts, 'clientId' | 'log'>,
): AccountParts {
  return {
    ...own,
    settings: accountSettings(def),
    token: () => tokenKey(token()),
    tls: tlsOf(RED, text(def.tls)),
    proxy: proxyOf(RED, text(def.proxy)),
  };
}

function tlsOf(RED: NodeAPI, id: string): TlsOptions | undefined {
  if (id === '') return undefined;
  const node = RED.nodes.getNode(id) as TlsNode | null;
  // Going on without it would mean: without the author's certificate authority.
  if (!node?.addTLSOptions || node.valid === false) throw missing('tls');
  return node.addTLSOptions({});
}

function proxyOf(RED: NodeAPI, id: string): ProxySetting | undefined {
  if (id === '') return undefined;
  const node = RED.nodes.getNode(id) as ProxyNode | null;
  // Going on without it would mean: past the proxy that somebody wants in between.
  if (!node?.url) throw missing('proxy');
  const { username, password } = node.credentials ?? {};
  return {
    url: node.url,
    noProxy: node.noproxy ?? [],
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
  };
}

function missing(name: string): FlespiError {
  return new FlespiError('FLESPI_BAD_INPUT', { attempted: name, params: { problem: 'missing-node', name } });
}
