import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  compileExpression,
  defaultAssumptions,
  evaluate,
  expressionFunctions,
  ExpressionError,
  EvaluationError,
  fixedAssumptions,
  matches,
  parseExpression,
  printExpression,
  tokensOf,
  type Assumptions,
  type EvaluationContext,
  type JsonObject,
  type Value,
} from '../../../nodes/protocol/expression';
import { binaryOperators, unaryOperators } from '../../../nodes/protocol/expression/grammar';

/** A row of the tables beside this file. `source` is the public page that says so, or `assumption: ` and which one. */
interface Case {
  source: string;
  expression: string;
  scope?: JsonObject;
  context?: Omit<EvaluationContext, 'now'> & { now?: number };
  assumptions?: Partial<Assumptions>;
  value?: Value;
  error?: string;
  column?: number;
}

const tables = readdirSync(__dirname)
  .filter((file) => file.endsWith('.cases.json'))
  .map((file) => ({
    name: file.replace('.cases.json', ''),
    cases: JSON.parse(readFileSync(join(__dirname, file), 'utf8')) as Case[],
  }));
const allCases = tables.flatMap(({ cases }) => cases);

describe('expression cases', () => {
  for (const { name, cases } of tables) {
    describe(name, () => {
      for (const row of cases) it(titleOf(row), () => check(row));
    });
  }

  it('cover every assumption', () => {
    const sources = new Set(allCases.map(({ source }) => source));
    const assumptions = [...Object.keys(defaultAssumptions), ...fixedAssumptions.map(({ says }) => says)];
    assert.deepEqual(
      assumptions.filter((assumption) => !sources.has(`assumption: ${assumption}`)),
      [],
    );
    const named = [...sources].filter((source) => source.startsWith('assumption: '));
    assert.deepEqual(
      named.filter((source) => !assumptions.includes(source.replace('assumption: ', ''))),
      [],
      'every assumption that a case names exists',
    );
  });

  it('cover every operator and function', () => {
    const used = new Set(
      allCases.filter((row) => row.error === undefined).flatMap(({ expression }) => wordsOf(expression)),
    );
    const known = [
      ...Object.keys(binaryOperators),
      ...Object.keys(unaryOperators),
      ...expressionFunctions.map(({ name }) => name),
    ];
    const exempt = new Set(['error']); // Its only result is an error.
    assert.deepEqual(
      known.filter((word) => !used.has(word) && !exempt.has(word)),
      [],
    );
  });
});

function check(row: Case): void {
  const { expression, scope = {}, assumptions = {}, value, error, column } = row;
  const { now, ...rest } = row.context ?? {};
  const context: EvaluationContext = now === undefined ? rest : { ...rest, now: () => now };
  const run = (): Value => compileExpression(expression, { assumptions }).value(scope, context);

  if (error !== undefined) {
    assert.throws(run, (thrown: unknown) => {
      assert.ok(thrown instanceof ExpressionError);
      assert.deepEqual({ error: thrown.code, column: thrown.column }, { error, column });
      assert.match(thrown.message, /^\S.*\(column \d+\)$/s);
      assert.doesNotMatch(thrown.message, /undefined|\[object/);
      if (thrown instanceof EvaluationError)
        assert.equal(compileExpression(expression, { assumptions }).test(scope, context), false);
      return true;
    });
    return;
  }
  same(run(), value);
  if (Object.keys(assumptions).length > 0) return;

  // The other ways to the same value.
  const parsed = parseExpression(expression);
  same(evaluate(parsed, scope, context), value);
  same(evaluate(parseExpression(printExpression(parsed)), scope, context), value);
  const holds = matches(parsed, scope, context);
  assert.equal(compileExpression(expression).test(scope, context), holds);
  if (value === null || typeof value !== 'object') assert.equal(holds, Boolean(value));
}

function same(actual: Value, expected: Value | undefined): void {
  if (typeof actual === 'number' && typeof expected === 'number' && !Number.isInteger(expected)) {
    assert.ok(Math.abs(actual - expected) < 1e-9 * Math.max(1, Math.abs(expected)), `${actual} is not ${expected}`);
  } else {
    assert.deepEqual(actual, expected);
  }
}

function wordsOf(expression: string): readonly string[] {
  return tokensOf(expression).map(({ text }) => (text === '=' ? '==' : text));
}

function titleOf({ expression, scope, context, assumptions, value, error }: Case): string {
  const input = [scope, context, assumptions].filter((part) => part !== undefined).map((part) => JSON.stringify(part));
  const title = [
    JSON.stringify(expression),
    ...(input.length > 0 ? ['on', ...input] : []),
    '→',
    error ?? JSON.stringify(value),
  ];
  return title.join(' ');
}
