import type { NodeAPI } from 'node-red';
import { catalogueText } from './catalogue-text';
import { causeText, errorSentence, presentable } from './protocol/error-sentence';
import { FlespiError } from './protocol/flespi-error';

/** The one way from a failure to the sentence that a person reads: on Catch nodes, in the status, in the log. */
export function errorText(RED: NodeAPI, error: unknown): string {
  if (error instanceof FlespiError) return errorSentence(error, (key, values) => catalogueText(RED, key, values));
  return presentable(causeText(error) || String(error));
}
