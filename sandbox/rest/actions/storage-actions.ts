import {
  compileExpression,
  expressionFunctions,
  ExpressionError,
  type JsonObject as Input,
} from '../../../nodes/protocol/expression';
import { isObject } from '../../platform/check-fields';
import { badRequest } from '../../platform/rejection';
import type { Call, Outcome } from '../call';

/** `storage/expressions/functions`: what the language has (flespi's expression tool). */
export function listFunctions(): Outcome {
  return { result: expressionFunctions };
}

const mostInputs = 10_000;

/** `storage/expressions/test`: the value of an expression for each input, or where and why it has none. */
export function testExpression(call: Call): Outcome {
  const source = call.method === 'GET' ? call.query.data : call.body;
  if (!isObject(source)) throw badRequest('expected a JSON object with "expression" and "input"');
  const { expression, timezone = 'UTC', input = [{}] } = source;
  if (typeof expression !== 'string') throw badRequest('"expression" must be text');
  if (typeof timezone !== 'string') throw badRequest('"timezone" must be text');
  if (!Array.isArray(input) || input.length > mostInputs || !input.every(isObject)) {
    throw badRequest(`"input" must be an array of at most ${mostInputs} objects`);
  }
  const context = { timezone, now: call.platform.now };
  return {
    result: input.map((message, index) => {
      try {
        const previous = input[index - 1] as Input | undefined;
        return {
          code: 0,
          index,
          result: compileExpression(expression).value(message as Input, { ...context, previous }),
        };
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        return { code: 1, index, error: { column: error.column, reason: error.reason } };
      }
    }),
  };
}
