import { defaultAssumptions } from './assumptions';
import { holds, valueOf } from './evaluate';
import { makeEvaluator } from './evaluator';
import type { EvaluationContext } from './function-definition';
import { findFunction } from './functions';
import { parseExpression, type ParseOptions } from './parser';
import type { Scope } from './scope';
import { walk, type Expression } from './syntax';
import type { JsonObject, Value } from './value';

/** An expression that is ready to run over many inputs. */
export interface CompiledExpression {
  readonly expression: Expression;
  /** Names of the parameters that it can read, each once: its own references and what its functions read. */
  readonly references: readonly string[];
  /** True when the expression holds for the input. An error counts as false; never throws. */
  readonly test: (scope: Scope | JsonObject, context?: EvaluationContext) => boolean;
  /** The value for the input. Throws EvaluationError, and nothing else. */
  readonly value: (scope: Scope | JsonObject, context?: EvaluationContext) => Value;
}

const nothing: EvaluationContext = {};

/**
 * Parses and prepares an expression. Throws ExpressionError with the column.
 *
 * @example
 * const { test } = compileExpression('position.speed > 60 && $din != 0');
 * messages.filter((message) => test(message));
 */
export function compileExpression(text: string, options: ParseOptions = {}): CompiledExpression {
  const expression = parseExpression(text, options);
  const assumptions = { ...defaultAssumptions, ...options.assumptions };
  const evaluator = makeEvaluator(expression, assumptions);
  const get = () => evaluator;
  return {
    expression,
    references: referencesOf(expression),
    test: (scope, context = nothing) => holds(get, scope, context, assumptions),
    value: (scope, context = nothing) => valueOf(get, scope, context),
  };
}

/** Names of the parameters that an expression can read, in the order of the text, each once. */
export function referencesOf(expression: Expression): readonly string[] {
  const names = new Set<string>();
  walk(expression, (node) => {
    if (node.type === 'reference') names.add(node.name);
    if (node.type !== 'call') return;
    for (const name of findFunction(node.name, defaultAssumptions)?.reads?.(node) ?? []) names.add(name);
  });
  return [...names];
}
