import { defaultAssumptions, type Assumptions } from './assumptions';
import { EvaluationError, Failure, show } from './expression-error';
import type { CallSite, EvaluationContext } from './function-definition';
import { findFunction } from './functions';
import { binaryOperators, unaryOperators } from './grammar';
import { fits, truth, type Result } from './operations';
import { lookUp, isScope, member, type Scope } from './scope';
import type { Binary, Call, Expression, Member, Reference } from './syntax';
import type { JsonObject, Value } from './value';
import { compileWildcard, isPattern, longestPattern, type TextTest } from './wildcard';

/** An expression turned into closures: what can be known before the input comes is done once, here. */
export type Evaluator = (scope: Scope | JsonObject, context: EvaluationContext) => Result;

/** What follows in a chain such as `a || b || c`, or `a[0][1]`: from the value so far to the next. */
type Step = (value: Value, scope: Scope | JsonObject, context: EvaluationContext) => Result;

export function makeEvaluator(expression: Expression, assumptions: Assumptions): Evaluator {
  const make = (node: Expression): Evaluator => {
    const { column } = node;
    switch (node.type) {
      case 'reference':
        return makeReference(node);
      case 'member':
      case 'binary':
        return makeChain(node);
      case 'unary': {
        const operand = make(node.operand);
        const apply = unaryOperators[node.operator];
        return (scope, context) => {
          const value = operand(scope, context);
          return value instanceof Failure ? value : at(column, apply(value, assumptions));
        };
      }
      case 'conditional':
        return makeChoice([node.test, node.yes, node.no].map(make), (test) => (test ? 1 : 2), '?:', column);
      case 'call':
        return makeCall(node);
      default:
        return () => node.value;
    }
  };

  /** Chains lean to the left and may be thousands long: a loop over their steps where recursion would need the stack. */
  const makeChain = (end: Binary | Member): Evaluator => {
    const steps: Step[] = [];
    let node: Expression = end;
    while (node.type === 'binary' || node.type === 'member') {
      steps.push(node.type === 'binary' ? makeBinaryStep(node) : makeMemberStep(node));
      node = node.type === 'binary' ? node.left : node.object;
    }
    const first = make(node);
    if (steps.length === 1) {
      const step = steps[0] as Step;
      return (scope, context) => {
        const value = first(scope, context);
        return value instanceof Failure ? value : step(value, scope, context);
      };
    }
    steps.reverse();
    return (scope, context) => {
      let value = first(scope, context);
      for (const step of steps) {
        if (value instanceof Failure) return value;
        value = step(value, scope, context);
      }
      return value;
    };
  };

  const makeMemberStep = (node: Member): Step => {
    const index = make(node.index);
    return (value, scope, context) => {
      const key = index(scope, context);
      return key instanceof Failure ? key : member(value, key);
    };
  };

  const makeBinaryStep = (node: Binary): Step => {
    const { column } = node;
    const operator = binaryOperators[node.operator];
    const right = make(node.right);
    const { evaluate, settledBy } = operator;
    if (settledBy !== undefined) {
      return (value, scope, context) => {
        const left = truth(value, assumptions, node.operator);
        if (left instanceof Failure) return at(column, left);
        if (left === settledBy) return left;
        const other = right(scope, context);
        return other instanceof Failure ? other : at(column, evaluate(left, other, assumptions));
      };
    }
    const plain: Step = (value, scope, context) => {
      const other = right(scope, context);
      return other instanceof Failure ? other : at(column, evaluate(value, other, assumptions));
    };
    return operator.pattern ? makePatternStep(node, right, plain) : plain;
  };

  /** Equality with a constant that has wildcards, and `~`; everything else is left to the plain operator. */
  const makePatternStep = (node: Binary, right: Evaluator, plain: Step): Step => {
    const { column, operator: where } = node;
    const { pattern, negated = false } = binaryOperators[node.operator];
    const match = (value: Value, test: TextTest | Failure): Result => {
      if (test instanceof Failure) return at(column, test);
      const result = fits(where, value, test, assumptions);
      return result instanceof Failure ? at(column, result) : result !== negated;
    };
    const onRight = constantPattern(node.right, pattern === 'always');
    if (onRight !== undefined) {
      const test = makeTest(onRight, column);
      return (value) => match(value, test);
    }
    if (pattern === 'always') {
      return (value, scope, context) => {
        const text = right(scope, context);
        if (typeof text !== 'string') return text instanceof Failure ? text : plain(value, scope, context);
        return match(value, makeTest(text, column));
      };
    }
    const onLeft = constantPattern(node.left, false);
    if (onLeft === undefined) return plain;
    const test = makeTest(onLeft, column);
    return (_constant, scope, context) => {
      const value = right(scope, context);
      return value instanceof Failure ? value : match(value, test);
    };
  };

  const makeTest = (pattern: string, column: number): TextTest | Failure =>
    pattern.length > longestPattern
      ? new Failure('PATTERN_TOO_LONG', { limit: longestPattern }, column)
      : compileWildcard(pattern, assumptions.caseSensitive);

  const makeChoice = (
    parts: readonly Evaluator[],
    choose: (test: boolean) => number,
    where: string,
    column: number,
  ): Evaluator => {
    const condition = parts[0] as Evaluator;
    return (scope, context) => {
      const value = condition(scope, context);
      if (value instanceof Failure) return value;
      const test = truth(value, assumptions, where);
      return test instanceof Failure ? at(column, test) : (parts[choose(test)] as Evaluator)(scope, context);
    };
  };

  const makeCall = (call: Call): Evaluator => {
    const { column, name } = call;
    const body = findFunction(name, assumptions)?.body;
    if (body === undefined) throw new EvaluationError('INTERNAL', column);
    const parts = call.arguments.map(make);
    if (typeof body !== 'function') return makeChoice(parts, body.choose, `${name}()`, column);
    return (scope, context) => {
      const values: Value[] = [];
      for (const part of parts) {
        const value = part(scope, context);
        if (value instanceof Failure) return value;
        values.push(value);
      }
      const site: CallSite = { scope, context, assumptions, call };
      return at(column, body(values, site));
    };
  };

  return make(expression);
}

function makeReference({ name, safe, column }: Reference): Evaluator {
  const absent = safe ? null : new Failure('MISSING', { name: show(name) }, column);
  return (scope) => {
    const value = isScope(scope) ? scope.get(name) : lookUp(scope, name);
    return value === undefined ? absent : value;
  };
}

function constantPattern(node: Expression, always: boolean): string | undefined {
  if (node.type !== 'literal' || typeof node.value !== 'string') return undefined;
  return always || isPattern(node.value) ? node.value : undefined;
}

/** Failures come from operators and functions that do not know where they stand; the place is added on the way out. */
function at(column: number, result: Result): Result {
  if (result instanceof Failure && result.column === 0) result.column = column;
  return result;
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

/** The value of a parsed expression for one input. Throws {@link EvaluationError}, and nothing else. */
export function evaluate(expression: Expression, scope: Scope | JsonObject, context: EvaluationContext = {}): Value {
  return valueOf(evaluatorOf(expression), scope, context);
}

/** True when the expression holds for the input. An error counts as false; never throws. */
export function matches(expression: Expression, scope: Scope | JsonObject, context: EvaluationContext = {}): boolean {
  return holds(evaluatorOf(expression), scope, context, defaultAssumptions);
}

export function valueOf(evaluator: Evaluator, scope: Scope | JsonObject, context: EvaluationContext): Value {
  let result: Result;
  try {
    result = evaluator(scope, context);
  } catch (cause) {
    // A scope or a clock of the caller's that throws, or JSON too deep to turn into text.
    throw new EvaluationError('INTERNAL', 1, {}, { cause });
  }
  if (result instanceof Failure) throw new EvaluationError(result.code, Math.max(1, result.column), result.params);
  return result;
}

export function holds(
  evaluator: Evaluator,
  scope: Scope | JsonObject,
  context: EvaluationContext,
  assumptions: Assumptions,
): boolean {
  try {
    const result = evaluator(scope, context);
    return !(result instanceof Failure) && truth(result, assumptions, '') === true;
  } catch {
    return false;
  }
}
