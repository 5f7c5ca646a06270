import { defaultAssumptions, type Assumptions } from './assumptions';
import { makeEvaluator, type Evaluator } from './evaluator';
import { EvaluationError, Failure } from './expression-error';
import type { EvaluationContext } from './function-definition';
import { truth, type Result } from './operations';
import type { Scope } from './scope';
import type { Expression } from './syntax';
import type { JsonObject, Value } from './value';

/**
 * The value of a parsed expression for one input, with the default assumptions. Throws {@link EvaluationError}, and nothing
 * else. For many inputs {@link matches} and the tests of `compileExpression` are quicker: they never throw.
 */
export function evaluate(expression: Expression, scope: Scope | JsonObject, context: EvaluationContext = {}): Value {
  return valueOf(() => evaluatorOf(expression), scope, context);
}

/** True when the expression holds for the input. An error counts as false (flespi KB "Expressions in flespi"); never throws. */
export function matches(expression: Expression, scope: Scope | JsonObject, context: EvaluationContext = {}): boolean {
  return holds(() => evaluatorOf(expression), scope, context, defaultAssumptions);
}

const evaluators = new WeakMap<Expression, Evaluator>();

function evaluatorOf(expression: Expression): Evaluator {
  let evaluator = evaluators.get(expression);
  if (evaluator === undefined) {
    evaluator = makeEvaluator(expression, defaultAssumptions);
    evaluators.set(expression, evaluator);
  }
  return evaluator;
}

export function valueOf(make: () => Evaluator, scope: Scope | JsonObject, context: EvaluationContext): Value {
  let result: Result;
  try {
    result = make()(scope, context);
  } catch (cause) {
    // A scope or a clock of the caller's that throws, or JSON that is too deep to become text.
    throw new EvaluationError('INTERNAL', 1, {}, { cause });
  }
  if (result instanceof Failure) throw new EvaluationError(result.code, result.column, result.params);
  return result;
}

export function holds(
  make: () => Evaluator,
  scope: Scope | JsonObject,
  context: EvaluationContext,
  assumptions: Assumptions,
): boolean {
  try {
    const result = make()(scope, context);
    return !(result instanceof Failure) && truth(result, assumptions, '') === true;
  } catch {
    return false;
  }
}
