import type { Assumptions } from './assumptions';
import { makeBinaryStep } from './binary-step';
import { at, Failure, show } from './expression-error';
import type { CallSite, EvaluationContext } from './function-definition';
import { findFunction } from './functions';
import { unaryOperators } from './grammar';
import { truth, type Result } from './operations';
import { member, read, type Scope } from './scope';
import type { Binary, Call, Expression, Member, Reference, Unary } from './syntax';
import type { JsonObject, Value } from './value';

/** An expression turned into closures: all that can be known before the input comes is done once, here. */
export type Evaluator = (scope: Scope | JsonObject, context: EvaluationContext) => Result;

/** A link in a chain such as `a || b || c` or `a[0][1]`: from the value so far to the next. */
export type Step = (value: Value, scope: Scope | JsonObject, context: EvaluationContext) => Result;

export function makeEvaluator(node: Expression, assumptions: Assumptions): Evaluator {
  switch (node.type) {
    case 'reference':
      return makeReference(node);
    case 'member':
    case 'binary':
      return makeChain(node, assumptions);
    case 'unary':
      return makeUnary(node, assumptions);
    case 'conditional':
      return makeChoice([node.test, node.yes, node.no], (test) => (test ? 1 : 2), '?', node.column, assumptions);
    case 'call':
      return makeCall(node, assumptions);
    default:
      return () => node.value;
  }
}

function makeReference({ name, safe, column }: Reference): Evaluator {
  const absent = safe ? null : new Failure('MISSING', { name: show(name) }, column);
  return (scope) => {
    const value = read(scope, name);
    return value === undefined ? absent : value;
  };
}

/** Chains lean to the left and may be thousands long: a loop over their links, where recursion would need the stack. */
function makeChain(end: Binary | Member, assumptions: Assumptions): Evaluator {
  const steps: Step[] = [];
  let node: Expression = end;
  while (node.type === 'binary' || node.type === 'member') {
    if (node.type === 'binary') {
      steps.push(makeBinaryStep(node, makeEvaluator(node.right, assumptions), assumptions));
      node = node.left;
    } else {
      steps.push(makeMemberStep(makeEvaluator(node.index, assumptions)));
      node = node.object;
    }
  }
  const first = makeEvaluator(node, assumptions);
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
}

function makeMemberStep(index: Evaluator): Step {
  return (value, scope, context) => {
    const key = index(scope, context);
    return key instanceof Failure ? key : member(value, key);
  };
}

function makeUnary({ operator, operand, column }: Unary, assumptions: Assumptions): Evaluator {
  const inner = makeEvaluator(operand, assumptions);
  const apply = unaryOperators[operator];
  return (scope, context) => {
    const value = inner(scope, context);
    return value instanceof Failure ? value : at(column, apply(value, assumptions));
  };
}

function makeChoice(
  nodes: readonly Expression[],
  choose: (test: boolean) => number,
  where: string,
  column: number,
  assumptions: Assumptions,
): Evaluator {
  const parts = nodes.map((node) => makeEvaluator(node, assumptions));
  const condition = parts[0] as Evaluator;
  return (scope, context) => {
    const value = condition(scope, context);
    if (value instanceof Failure) return value;
    const test = truth(value, assumptions, where);
    return test instanceof Failure ? at(column, test) : (parts[choose(test)] as Evaluator)(scope, context);
  };
}

function makeCall(call: Call, assumptions: Assumptions): Evaluator {
  const { column, name } = call;
  const body = findFunction(name, assumptions)?.body;
  // The parser has refused it, unless it ran with other assumptions.
  if (body === undefined) return () => new Failure('INTERNAL', {}, column);
  if (typeof body !== 'function') return makeChoice(call.arguments, body.choose, `${name}()`, column, assumptions);
  const parts = call.arguments.map((node) => makeEvaluator(node, assumptions));
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
}
