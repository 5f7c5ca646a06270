import type { Request, Response } from 'express';
import type { NodeAPI } from 'node-red';
import { Account } from './account';
import { accountParts } from './account-parts';
import { type AccountDefinition, accountSettings, tokenKey } from './account-settings';
import { errorText } from './error-text';
import type { AccountNode } from './flespi-config';
import { causeText } from './protocol/error-sentence';
import { FlespiError } from './protocol/flespi-error';
import { isListed, listItems } from './list-items';
import { testAccount } from './test-account';

/** Node ids as Node-RED makes them, and as people write them into flows. */
const nodeId = /^[\w.-]{1,64}$/;

/**
 * What the dialogs ask the runtime for: items to choose from, and whether a token works. Every answer is small, plain and
 * without secrets; every failure is a sentence.
 */
export function serveDialogs(RED: NodeAPI): void {
  const { httpAdmin, auth } = RED;
  httpAdmin.get('/flespi-config/:id/items/:kind', auth.needsPermission('flespi-config.read'), (request, response) => {
    answer(RED, response, () => {
      const account = deployed(RED, request);
      if (account instanceof FlespiError) throw account;
      return listItems(account, kindOf(request), searchOf(request));
    });
  });
  httpAdmin.post('/flespi-config/:id/items/:kind', auth.needsPermission('flespi-config.write'), (request, response) => {
    answer(RED, response, () =>
      withUnsaved(RED, request, (account) => listItems(account, kindOf(request), searchOf(request))),
    );
  });
  httpAdmin.post('/flespi-config/:id/test', auth.needsPermission('flespi-config.write'), (request, response) => {
    answer(RED, response, () => withUnsaved(RED, request, testAccount));
  });
}

/** Runs the question and answers with JSON, whatever happens. */
function answer(RED: NodeAPI, response: Response, ask: () => Promise<object>): void {
  Promise.resolve()
    .then(ask)
    .then(
      (result) => response.json(result),
      (error: unknown) => {
        const { code, attempted, statusCode } = error instanceof FlespiError ? error : {};
        const params = error instanceof FlespiError ? { ...error.params, cause: causeText(error.cause) } : undefined;
        const message = errorText(RED, error);
        // The editor makes the sentence anew, in its own language.
        response
          .status(code === 'FLESPI_NO_ACCOUNT' ? 404 : 422)
          .json({ code, attempted, params, statusCode, message });
      },
    )
    .catch((error: unknown) => RED.log.warn(errorText(RED, error)));
}

function accountNode(RED: NodeAPI, request: Request): AccountNode | undefined {
  const id = String(request.params['id']);
  const node = nodeId.test(id) ? (RED.nodes.getNode(id) as AccountNode | null) : null;
  return node?.type === 'flespi-config' ? node : undefined;
}

function deployed(RED: NodeAPI, request: Request): Account | FlespiError {
  const node = accountNode(RED, request);
  if (!node) return new FlespiError('FLESPI_NO_ACCOUNT', { attempted: 'flespi-config' });
  if (tokenKey(node.credentials?.token) === '')
    return new FlespiError('FLESPI_NO_TOKEN', { attempted: 'flespi-config' });
  return node.flespi;
}

/** `__PWRD__` is what the editor has in the place of a stored password. */
const stored = '__PWRD__';

/** An account as the open dialog describes it, for one question; it ends with the answer. */
async function withUnsaved<Answer>(
  RED: NodeAPI,
  request: Request,
  ask: (account: Account) => Promise<Answer>,
): Promise<Answer> {
  const body: unknown = request.body;
  const def = (typeof body === 'object' && body !== null ? body : {}) as AccountDefinition & { token?: unknown };
  const typed = environment(tokenKey(def.token));
  const node = accountNode(RED, request);
  const known = node ? tokenKey(node.credentials?.token) : '';
  if (typed === '' || typed === stored) {
    if (!node || known === '') throw new FlespiError('FLESPI_NO_TOKEN', { attempted: 'flespi-config' });
    // A stored token goes where its owner deployed it to, not where a form that somebody fills in says.
    const deployedOrigin = node.flespi instanceof FlespiError ? undefined : node.flespi.settings.origin;
    if (accountSettings(def).origin !== deployedOrigin) {
      throw new FlespiError('FLESPI_BAD_INPUT', {
        attempted: 'token',
        params: { problem: 'retype-token', name: 'token' },
      });
    }
  }
  const token = typed === '' || typed === stored ? known : typed;
  const account = new Account(accountParts(RED, def, () => token, { clientId: '' }));
  try {
    return await ask(account);
  } finally {
    await account.close();
  }
}

/** `${NAME}` and `$(NAME)`, as Node-RED replaces them when it deploys. */
function environment(token: string): string {
  const [, name] = /^\$[{(]([^})]+)[})]$/.exec(token) ?? [];
  return name === undefined ? token : tokenKey(process.env[name]);
}

function kindOf(request: Request): string {
  const kind = String(request.params['kind']);
  if (isListed(kind)) return kind;
  throw new FlespiError('FLESPI_BAD_PATH', {
    attempted: 'items',
    params: { problem: 'kind', path: kind.slice(0, 40) },
  });
}

function searchOf(request: Request): string {
  const { search } = request.query;
  return typeof search === 'string' ? search.trim().slice(0, 100) : '';
}
