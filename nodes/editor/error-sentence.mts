import {
  analyticsFunctions,
  expressionFunctions,
  ExpressionError,
  parseExpression,
} from '../protocol/expression/index.ts';
import { errorSentence, expressionReason } from '../protocol/error-sentence.ts';
import { FlespiError } from '../protocol/flespi-error.ts';
import { pathWord, text } from './text.mts';

const lookup = (key: string, values: Readonly<Record<string, string | number>>): string | undefined => {
  const found = text(key, values);
  return found === key || found.endsWith(`:${key}`) ? undefined : found;
};

/** What an author reads when protocol code refuses what the form says. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof FlespiError)) return String(error);
  const { slot } = error.params;
  if (typeof slot !== 'string') return errorSentence(error, lookup);
  const { code, attempted, statusCode, reasons, cause } = error;
  const params = { ...error.params, slot: pathWord(slot) };
  const inWords = { attempted, params, reasons, cause, ...(statusCode === undefined ? {} : { statusCode }) };
  return errorSentence(new FlespiError(code, inWords), lookup);
}

/** What is wrong with an expression, with the column; nothing when it can be used. */
export function expressionMistake(expression: string): string | undefined {
  try {
    parseExpression(expression);
    return undefined;
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return text('call.invalid.expression', { column: error.column, reason: expressionReason(error, lookup) });
  }
}

/** What selectors and filters can call; the rest of the language's functions needs a previous message or a calculator. */
export const usableFunctions = expressionFunctions.filter(({ name }) => !analyticsFunctions.includes(name));
