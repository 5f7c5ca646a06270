import type { NodeAPI, NodeMessage } from 'node-red';
import { errorText } from './error-text';
import { FlespiError } from './protocol/flespi-error';

/**
 * What a node hands to `done`. Node-RED copies own properties and the text of `toString()` into `msg.error`, nothing else:
 * so the code is an own property, and the text is the sentence without a class name before it.
 */
export class NodeFailure extends Error {
  /** Only where there is one; flows branch on `msg.error.code`. */
  declare readonly code?: string;

  constructor(RED: NodeAPI, error: unknown) {
    super(errorText(RED, error));
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (typeof code === 'string') Object.defineProperty(this, 'code', { value: code, enumerable: true });
    // The place where a sentence was made tells nobody anything, and it would be shown to people as `msg.error.stack`.
    delete this.stack;
  }

  override toString(): string {
    return this.message;
  }
}

/** Puts the details of a refused call on the message, and takes away those of an earlier call. */
export function describeFailure(msg: NodeMessage, error: unknown): void {
  const detail = error instanceof FlespiError ? error : undefined;
  setOrDelete(msg, 'statusCode', detail?.statusCode);
  setOrDelete(msg, 'headers', detail?.headers);
  if (detail?.body !== undefined) msg.payload = detail.body;
  for (const stale of ['pagination', 'errors', 'complete', 'responseUrl']) delete msg[stale];
}

function setOrDelete(msg: NodeMessage, key: string, value: unknown): void {
  if (value === undefined) delete msg[key];
  else msg[key] = value;
}
