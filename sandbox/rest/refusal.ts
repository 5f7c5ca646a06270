import type { Assumptions } from '../assumptions';
import { Rejection, type RejectionKind } from '../platform/rejection';
import type { ErrorEntry } from './call';
import type { RestAnswer } from './rest-call';

const statuses: Readonly<Record<RejectionKind, number>> = { 'bad-request': 400, forbidden: 403, 'not-found': 404 };

/** The HTTP status of a refusal as a whole. */
export function statusOf(rejection: Rejection): number {
  return statuses[rejection.kind];
}

/** An entry of `errors` made of whatever was thrown. What is no Rejection is a mistake of the sandbox, and thrown on. */
export function errorEntry(assumptions: Assumptions, error: unknown): ErrorEntry {
  if (!(error instanceof Rejection)) throw error;
  const { kind, reason, detail } = error;
  const { errorCodes } = assumptions;
  const code = {
    'bad-request': errorCodes.badRequest,
    forbidden: errorCodes.forbidden,
    'not-found': errorCodes.notFound,
  };
  const entry: ErrorEntry = { code: code[kind], reason };
  if (detail.id !== undefined) entry.id = detail.id;
  if (detail.column !== undefined) entry.column = detail.column;
  if (detail.hint !== undefined) entry.schema_hint = { fields: detail.hint };
  return entry;
}

export const json = { 'content-type': 'application/json' };

/** What an envelope says about errors, with the valid names where they are assumed to stand. */
export function errorsPart({ schemaHint }: Assumptions, errors: readonly ErrorEntry[]): object {
  const hint = errors.find((entry) => entry.schema_hint)?.schema_hint;
  if (schemaHint === 'in-error' || !hint) return { errors };
  return { errors: errors.map(({ schema_hint: _moved, ...entry }) => entry), schema_hint: hint };
}

/** The envelope of a call that failed as a whole. */
export function failure(assumptions: Assumptions, status: number, errors: readonly ErrorEntry[]): RestAnswer {
  return { status, headers: json, body: JSON.stringify({ result: [], ...errorsPart(assumptions, errors) }) };
}
