import type { Node, NodeAPI, NodeMessageInFlow } from 'node-red';
import type { Account } from './account';
import type { CallDefinition } from './call-definition';
import { callOutputs } from './call-outputs';
import { catalogueText } from './catalogue-text';
import { errorText } from './error-text';
import { findAccount, leaveAccount } from './find-account';
import { handleInput, type Send } from './handle-input';
import { StatusLine } from './node-status';
import { PreviousRun } from './previous-run';
import type { CallOutput, CallSpec, Transport } from './protocol/call';
import { presentable, reasonText } from './protocol/error-sentence';
import type { Reason } from './protocol/flespi-error';
import { runCall } from './protocol/run-call';
import { readCall } from './read-call';

/** How a call of this node travels; may look at the message, and throws a FlespiError when it cannot travel. */
export type ChooseTransport = (account: Account, msg: NodeMessageInFlow) => Promise<Transport>;

/** What flespi-request and flespi-rpc do; the transport is all that they differ in. */
export function callNode(RED: NodeAPI, node: Node, def: CallDefinition, chooseTransport: ChooseTransport): void {
  const status = new StatusLine(RED, node);
  const previous = new PreviousRun(node);
  let underWay = 0;

  async function call(msg: NodeMessageInFlow, send: Send, signal: AbortSignal): Promise<void> {
    const account = findAccount(RED, node, def.account);
    const now = Date.now() / 1000;
    const spec = withAccount(
      await readCall(RED, node, def, msg, { now, previous: (path) => previous.read(path) }),
      account,
    );
    const transport = await chooseTransport(account, msg);
    const outputs = runCall(spec, transport, {
      signal,
      pace: account.pace,
      retry: account.retry,
      onProgress: (progress) => status.show(progress),
    });
    const toMessage = callOutputs(RED, msg);
    let last: CallOutput | undefined;
    for await (const output of outputs) {
      send(toMessage(output));
      warn(spec, output);
      last = output;
    }
    if (def.range === 'previous') await previous.write(spec, now, last);
  }

  /** What is worth knowing although the call went on. */
  function warn(spec: CallSpec, { errors, incomplete }: CallOutput): void {
    const attempted = `${spec.method} ${spec.template}`;
    if (errors && errors.length > 0) {
      const reason = presentable((errors as Reason[]).map(reasonText).join('; '));
      node.warn(catalogueText(RED, 'warning.partly', { attempted, reason }) ?? `${attempted}: ${reason}`);
    }
    // The author's own bound is no news.
    if (incomplete !== undefined && incomplete !== 'most') {
      const reason = catalogueText(RED, `incomplete.${incomplete}`) ?? incomplete;
      node.warn(catalogueText(RED, 'warning.incomplete', { attempted, reason }) ?? `${attempted}: ${reason}`);
    }
  }

  handleInput(
    RED,
    node,
    async (msg, send, signal) => {
      underWay += 1;
      status.show({ kind: 'requesting' });
      try {
        await call(msg, send, signal);
      } finally {
        underWay -= 1;
      }
      if (underWay === 0) status.show({ kind: 'done' });
    },
    (failure) => status.show({ kind: 'failed', reason: failure.message }),
  );

  try {
    findAccount(RED, node, def.account);
  } catch (error) {
    status.show({ kind: 'failed', reason: errorText(RED, error) });
  }
  node.on('close', () => leaveAccount(RED, node, def.account));
}

/** The account's subaccount, where the call names none of its own. */
function withAccount(spec: CallSpec, { settings: { cid } }: Account): CallSpec {
  return spec.cid === undefined && cid !== undefined ? { ...spec, cid } : spec;
}
