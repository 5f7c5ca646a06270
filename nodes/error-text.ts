import type { NodeAPI } from 'node-red';
import { catalogueText } from './catalogue-text';
import { FlespiError, type Reason } from './protocol/flespi-error';

const longest = 600;

/** flespi token keys are 64 letters and digits; none may leave, whatever carried it here. */
const tokenShaped = /\b[A-Za-z0-9]{64}\b/g;

/** `reason (id 12)` with flespi's hint about the fields that it would have taken. */
function reasonText({ reason, id, schema_hint: hint }: Reason): string {
  const item = id === undefined ? '' : ` (id ${id})`;
  return hint === undefined ? `${reason}${item}` : `${reason}${item}; possible: ${JSON.stringify(hint)}`;
}

/** What lies behind, in the words of whoever noticed: `ECONNREFUSED`, `self-signed certificate`. */
function causeText(cause: unknown): string {
  if (cause instanceof FlespiError || !(cause instanceof Error)) return '';
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  return cause.message || code || cause.name;
}

/** The one place where a failure becomes the sentence that a person reads: on Catch nodes, in the status, in the log. */
export function errorText(RED: NodeAPI, error: unknown): string {
  const text = error instanceof FlespiError ? flespiErrorText(RED, error) : causeText(error) || String(error);
  const safe = text.replace(tokenShaped, '***').replace(/\s+/g, ' ').trim();
  return safe.length > longest ? `${safe.slice(0, longest)} ...` : safe;
}

function flespiErrorText(RED: NodeAPI, error: FlespiError): string {
  const reason = error.reasons.map(reasonText).join('; ') || causeText(error.cause);
  const values = { attempted: error.attempted, statusCode: error.statusCode ?? '', reason, ...error.params };
  return catalogueText(RED, `error.${error.code}`, values) ?? `${error.message}${reason && ` (${reason})`}`;
}
