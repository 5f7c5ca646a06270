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
    name: nameOf(error, lookup),
    where: error.params['slot'] === undefined ? '' : ` "${error.params['slot']}"`,
    reason: reasonOf(error, lookup),
  };
  return presentable(
    lookup(`error.${error.code}`, values) ?? [error.message, values.reason].filter(Boolean).join(': '),
  );
}

/** What the form calls the property that is wrong. */
function nameOf({ params: { name = '' } }: FlespiError, lookup: Lookup): string {
  return lookup(`name.${name}`, {}) ?? String(name);
}

/** One line, not endless, and without anything that looks like a token. */
export function presentable(text: string): string {
  // Where a reason is missing or ends its own sentence, the catalogue's punctuation would stand twice.
  const line = text
    .replace(tokenShaped, '***')
    .replace(/\s+/g, ' ')
    .replace(/(?<!\.)[:.]?\s*\.$/, '.')
    .trim();
  return line.length > longest ? `${line.slice(0, longest)} ...` : line;
}

/** What exactly is wrong: the catalogue's phrase for it, flespi's own words, or those of whoever noticed. */
function reasonOf(error: FlespiError, lookup: Lookup): string {
  if (error.cause instanceof ExpressionError) return expressionReason(error.cause, lookup);
  const { reason = '', hint, said } = error.params;
  const cause = causeText(error.cause) || String(error.params['cause'] ?? '');
  const phrase = lookup(`problem.${error.code}.${problemOf(error)}`, { ...error.params, cause });
  const own = error.reasons.map(reasonText).join('; ') || String(reason) || cause;
  return [
    phrase === undefined ? own : phrase,
    phrase !== undefined && said !== undefined ? ` (${said})` : '',
    hint === undefined ? '' : `; ${lookup('problem.hint', { hint }) ?? hint}`,
  ].join('');
}

/** The word for the phrase; some errors say it by what they know. */
function problemOf({ params }: FlespiError): string {
  if (params['problem'] !== undefined) return String(params['problem']);
  return ['methods', 'didYouMean', 'until', 'seconds', 'chunks'].find((name) => params[name] !== undefined) ?? 'other';
}

/** What is wrong with an expression, without its place. */
export function expressionReason(error: ExpressionError, lookup: Lookup): string {
  return lookup(`expression.${error.code}`, error.params) ?? error.reason;
}

/** `reason (id 12)`. */
export function reasonText({ reason, id }: Reason): string {
  return id === undefined ? reason : `${reason} (id ${id})`;
}

/** `connect ECONNREFUSED 127.0.0.1:1883`, `self-signed certificate`. */
export function causeText(cause: unknown): string {
  if (cause instanceof FlespiError || !(cause instanceof Error)) return '';
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  return cause.message || code || cause.name;
}
