import type { Node, NodeAPI, NodeMessage, NodeMessageInFlow } from 'node-red';
import { describeFailure, NodeFailure } from './node-failure';

export type Send = (msg: NodeMessage | (NodeMessage | NodeMessage[] | null)[]) => void;

/** Does the work for one message; a rejection becomes the message's error. */
export type Run = (msg: NodeMessageInFlow, send: Send, signal: AbortSignal) => Promise<void>;

/**
 * The one wrapper of every input handler. The handler itself is synchronous, because Node-RED waits for none and a rejected
 * one ends the whole process. `done` is called once for each message, nothing is sent after close, and what is still running
 * then is aborted.
 */
export function handleInput(
  RED: NodeAPI,
  node: Node,
  run: Run,
  failed?: (failure: NodeFailure, error: unknown) => void,
) {
  const closing = new AbortController();

  node.on('input', (msg, send, done) => {
    const sendWhileOpen: Send = (out) => {
      if (!closing.signal.aborted) send(out);
    };
    const fail = (error: unknown): void => {
      const failure = new NodeFailure(RED, error);
      if (!closing.signal.aborted) failed?.(failure, error);
      describeFailure(msg, error);
      done(failure);
    };
    Promise.resolve()
      .then(() => run(msg, sendWhileOpen, closing.signal))
      .then(() => done(), fail)
      // Only a fault in Node-RED's own hooks gets here; it must not end the process either.
      .catch((error: unknown) => node.warn(new NodeFailure(RED, error).message));
  });

  node.on('close', () => closing.abort());
}
