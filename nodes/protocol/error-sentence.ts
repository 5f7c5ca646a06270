import { ExpressionError } from './expression';
import { FlespiError, type Reason } from './flespi-error';

type Values = Readonly<Record<string, string | number>>;

/** Finds a text of the message catalogue; undefined when there is none. */
export type Lookup = (key: string, values: Values) => string | undefined;

const longest = 600;

/** flespi's keys are 64 letters and digits; none may reach a text, whatever carried it here. */
const tokenShaped = /\b[A-Za-z0-9]{64}\b/g;

/**
 * The sentence for people, made of the catalogue's text for the code, and the phrase for what exactly is wrong. The nodes use
 * it with the runtime's catalogue, the dialogs with the editor's.
 */
export function errorSentence(error: FlespiError, lookup: Lookup): string {
  const values = {
    statusCode: error.statusCode ?? '',
    ...error.params,
    attempted: error.attempted,
    where: error.params['slot'] === undefined ? '' : ` "${error.params['slot']}"`,
    reason: reasonOf(error, lookup),
  };
  return presentable(
    lookup(`error.${error.code}`, values) ?? [error.message, values.reason].filter(Boolean).join(': '),
  );
}

/** One line, not endless, and without anything that looks like a token. */
export function presentable(text: string): string {
  const line = text.replace(tokenShaped, '***').replace(/\s+/g, ' ').trim();
  return line.length > longest ? `${line.slice(0, longest)} ...` : line;
}

/** What lies behind: a phrase of the catalogue, flespi's own words, or those of whoever noticed. */
function reasonOf(error: FlespiError, lookup: Lookup): string {
  const { problem, reason } = error.params;
  if (problem !== undefined) {
    const values = { ...error.params, cause: causeText(error.cause) };
    return lookup(`problem.${error.code}.${problem}`, values) ?? `${problem} ${error.params['given'] ?? ''}`;
  }
  if (error.cause instanceof ExpressionError) return expressionReason(error.cause, lookup);
  if (error.reasons.length > 0) return error.reasons.map(reasonText).join('; ');
  return reason === undefined ? causeText(error.cause) : String(reason);
}

/** What is wrong with an expression, without its place. */
export function expressionReason(error: ExpressionError, lookup: Lookup): string {
  return lookup(`expression.${error.code}`, error.params) ?? error.reason;
}

/** `reason (id 12)`, with flespi's hint about what it would have taken. */
export function reasonText({ reason, id, schema_hint: hint }: Reason): string {
  const item = id === undefined ? '' : ` (id ${id})`;
  return hint === undefined ? `${reason}${item}` : `${reason}${item}; possible: ${JSON.stringify(hint)}`;
}

/** `connect ECONNREFUSED 127.0.0.1:1883`, `self-signed certificate`. */
export function causeText(cause: unknown): string {
  if (cause instanceof FlespiError || !(cause instanceof Error)) return '';
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  return cause.message || code || cause.name;
}
