import { ExpressionError, parseExpression } from './expression';
import { FlespiError } from './flespi-error';

/**
 * Refuses what cannot be an expression before it travels. A function that is not on our list is no reason: flespi knows more
 * of them than its pages name, and it can say so itself.
 * @param attempted what the expression is for, e.g. `selector`, `payload filter`
 * @throws FlespiError `FLESPI_BAD_EXPRESSION` with `params.column`, counted from 1
 */
export function checkExpression(expression: string, attempted: string, params: Record<string, string> = {}): void {
  try {
    parseExpression(expression, { anyFunction: true });
  } catch (cause) {
    if (!(cause instanceof ExpressionError)) throw cause;
    throw new FlespiError('FLESPI_BAD_EXPRESSION', {
      attempted,
      params: { ...params, expression: shorten(expression), column: cause.column, reason: cause.reason },
      cause,
    });
  }
}

const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 77)}...` : text);
