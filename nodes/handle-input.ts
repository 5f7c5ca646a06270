import type { Node, NodeAPI, NodeMessage, NodeMessageInFlow } from 'node-red';
import { describeFailure, NodeFailure } from './node-failure';

export type Send = (msg: NodeMessage | (NodeMessage | NodeMessage[] | null)[]) => void;

/** Does the work for one message; a rejection becomes the message's error. */
export type Run = (msg: NodeMessageInFlow, send: Send, signal: AbortSignal) => Promise<void>;

type Done = (error?: Error) => void;

/**
 * The one wrapper of every input handler. The handler itself is synchronous, because Node-RED waits for none and a rejected
 * one ends the whole process. `done` is called once for each message, nothing is sent after close, and what is still running
 * then is aborted.
 */
export function handleInput(RED: NodeAPI, node: Node, run: Run, failed?: (failure: NodeFailure) => void): void {
  const closing = new AbortController();
  const { signal } = closing;

  async function handle(msg: NodeMessageInFlow, send: Send, done: Done): Promise<void> {
    const sendWhileOpen: Send = (out) => {
      if (!signal.aborted) send(out);
    };
    try {
      const failure = await outcome(msg, sendWhileOpen);
      done(failure);
    } catch (error) {
      // Only a fault in Node-RED's own hooks gets here; it must not end the process either.
      node.warn(new NodeFailure(RED, error).message);
    }
  }

  async function outcome(msg: NodeMessageInFlow, send: Send): Promise<NodeFailure | undefined> {
    try {
      await run(msg, send, signal);
      return undefined;
    } catch (error) {
      const failure = new NodeFailure(RED, error);
      if (!signal.aborted) failed?.(failure);
      describeFailure(msg, error);
      return failure;
    }
  }

  node.on('input', (msg, send, done) => void handle(msg, send, done));
  node.on('close', () => closing.abort());
}
