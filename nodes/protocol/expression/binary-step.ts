import type { Assumptions } from './assumptions';
import type { Evaluator, Step } from './evaluator';
import { at, Failure } from './expression-error';
import { binaryOperators } from './grammar';
import { fits, truth, type Result } from './operations';
import type { Binary, Expression } from './syntax';
import type { Value } from './value';
import { compileWildcard, isPattern, longestPattern, type TextTest } from './wildcard';

/** Makes the part of a binary operator that follows once its left side is known. */
export function makeBinaryStep(node: Binary, right: Evaluator, assumptions: Assumptions): Step {
  const { pattern, settledBy } = binaryOperators[node.operator];
  if (settledBy !== undefined) return makeLogicStep(node, right, settledBy, assumptions);
  const step = makePlainStep(node, right, assumptions);
  return pattern === undefined ? step : makePatternStep(node, right, pattern, step, assumptions);
}

function makePlainStep({ operator, column }: Binary, right: Evaluator, assumptions: Assumptions): Step {
  const { evaluate } = binaryOperators[operator];
  return (value, scope, context) => {
    const other = right(scope, context);
    return other instanceof Failure ? other : at(column, evaluate(value, other, assumptions));
  };
}

function makeLogicStep(
  { operator, column }: Binary,
  right: Evaluator,
  settledBy: boolean,
  assumptions: Assumptions,
): Step {
  const { evaluate } = binaryOperators[operator];
  return (value, scope, context) => {
    const left = truth(value, assumptions, operator);
    if (left instanceof Failure) return at(column, left);
    if (left === settledBy) return left;
    const other = right(scope, context);
    return other instanceof Failure ? other : at(column, evaluate(left, other, assumptions));
  };
}

/** `~`, and equality with a constant that has wildcards; what is neither is left to the plain step. */
function makePatternStep(
  node: Binary,
  right: Evaluator,
  kind: 'always' | 'constant',
  plain: Step,
  assumptions: Assumptions,
): Step {
  const { column, operator } = node;
  const { negated = false } = binaryOperators[operator];
  const match = (value: Value, test: TextTest | Failure): Result => {
    const result = test instanceof Failure ? test : fits(operator, value, test, assumptions);
    return result instanceof Failure ? at(column, result) : result !== negated;
  };

  const constant = patternIn(node.right, kind);
  if (constant !== undefined) {
    const test = makeTest(constant, assumptions);
    return (value) => match(value, test);
  }
  if (kind === 'always') {
    return (value, scope, context) => {
      const text = right(scope, context);
      if (text instanceof Failure) return text;
      return typeof text === 'string' ? match(value, makeTest(text, assumptions)) : plain(value, scope, context);
    };
  }
  const turned = patternIn(node.left, kind);
  if (turned === undefined) return plain;
  const test = makeTest(turned, assumptions);
  return (_pattern, scope, context) => {
    const value = right(scope, context);
    return value instanceof Failure ? value : match(value, test);
  };
}

function patternIn(node: Expression, kind: 'always' | 'constant'): string | undefined {
  if (node.type !== 'literal' || typeof node.value !== 'string') return undefined;
  return kind === 'always' || isPattern(node.value) ? node.value : undefined;
}

function makeTest(pattern: string, { caseSensitive }: Assumptions): TextTest | Failure {
  if (pattern.length > longestPattern) return new Failure('PATTERN_TOO_LONG', { limit: longestPattern });
  return compileWildcard(pattern, caseSensitive);
}
