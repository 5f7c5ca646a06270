import {
  analyticsFunctions,
  expressionFunctions,
  ExpressionError,
  parseExpression,
} from '../protocol/expression/index.ts';
import { errorSentence, expressionReason } from '../protocol/error-sentence.ts';
import { FlespiError } from '../protocol/flespi-error.ts';
import { text } from './text.mts';

const lookup = (key: string, values: Readonly<Record<string, string | number>>): string | undefined => {
  const found = text(key, values);
  return found === key || found.endsWith(`:${key}`) ? undefined : found;
};

/** What an author reads when protocol code refuses what the form says. */
export function sentenceOf(error: unknown): string {
  return error instanceof FlespiError ? errorSentence(error, lookup) : String(error);
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
