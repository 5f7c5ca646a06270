import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import {
  compileExpression,
  evaluate,
  EvaluationError,
  ExpressionError,
  expressionFunctions,
  matches,
  parseExpression,
  printExpression,
  type Expression,
  type JsonObject,
  type Value,
} from '../../../nodes/protocol/expression';
import {
  binaryOperators,
  unaryOperators,
  type BinaryToken,
  type UnaryToken,
} from '../../../nodes/protocol/expression/grammar';

const column = 0;
const names = fc.constantFrom(
  'a',
  'b',
  'a.b',
  'position.speed',
  'groups.id',
  'tags',
  'text',
  '__proto__',
  'constructor',
  'missing',
  'true.x',
  'x#1',
);
const literals: fc.Arbitrary<number | string | boolean | null> = fc.oneof(
  fc.constantFrom(true, false, null, 0, 1, 64, 1e21, 5e-324, '', '*', 'a?*', '12', '"', "'", '\\', '\n\r\t'),
  fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)),
  fc.string({ unit: 'binary' }),
);

/** Any expression that a parser could make, but for the columns. */
const { expression: expressions } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.record({ type: fc.constant('literal' as const), value: literals, column: fc.constant(column) }),
    fc.record({
      type: fc.constant('reference' as const),
      name: names,
      safe: fc.boolean(),
      column: fc.constant(column),
    }),
    fc.record({
      type: fc.constant('binary' as const),
      operator: fc.constantFrom(...(Object.keys(binaryOperators) as BinaryToken[])),
      left: tie('expression'),
      right: tie('expression'),
      column: fc.constant(column),
    }),
    fc.record({
      type: fc.constant('unary' as const),
      operator: fc.constantFrom(...(Object.keys(unaryOperators) as UnaryToken[])),
      operand: tie('expression'),
      column: fc.constant(column),
    }),
    fc.record({
      type: fc.constant('member' as const),
      object: tie('expression'),
      index: tie('expression'),
      column: fc.constant(column),
    }),
    fc.record({
      type: fc.constant('conditional' as const),
      test: tie('expression'),
      yes: tie('expression'),
      no: tie('expression'),
      column: fc.constant(column),
    }),
    fc.constantFrom(...expressionFunctions).chain(({ name, arguments: { min, max } }) =>
      fc.record({
        type: fc.constant('call' as const),
        name: fc.constant(name),
        arguments: fc
          .array(tie('expression'), { minLength: min, maxLength: Math.min(max, min + 2) })
          .map((list) =>
            name === 'distance' && list.length !== 0 ? [...list, ...list, ...list, ...list].slice(0, 4) : list,
          ),
        column: fc.constant(column),
      }),
    ),
  ),
}));

const values = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Value>;
const inputs: fc.Arbitrary<JsonObject> = fc.dictionary(
  fc.oneof(names, fc.constantFrom('groups', 'position', 'timestamp')),
  values,
);

/** Pieces that make expressions more often than random characters do. */
const soup = fc
  .array(
    fc.oneof(
      fc.constantFrom(...'()[],?:$=!~<>&|^+-*/% .'.split('')),
      fc.constantFrom('a', 'a.b', '1', '0x', '"x*"', "'", '"', '\\', 'if(', 'not(', '&&', '||', '==', 'null'),
    ),
    { maxLength: 60 },
  )
  .map((pieces) => pieces.join(''));

describe('expression properties', () => {
  it('parsing throws an ExpressionError with a column inside the text, or nothing', () => {
    fc.assert(
      fc.property(fc.oneof(soup, fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' })), (text) => {
        try {
          parseExpression(text);
        } catch (error) {
          assert.ok(error instanceof ExpressionError && !(error instanceof EvaluationError));
          assert.ok(error.column >= 1 && error.column <= text.length + 1, `column ${error.column} of ${text.length}`);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('what is printed parses to the same expression, and prints the same again', () => {
    fc.assert(
      fc.property(expressions, (expression) => {
        const text = printExpression(expression);
        const parsed = parseExpression(text);
        assert.deepEqual(withoutColumns(parsed), withoutColumns(expression), text);
        assert.equal(printExpression(parsed), text);
      }),
      { numRuns: 1000 },
    );
  });

  it('what parses has the same value after printing', () => {
    fc.assert(
      fc.property(soup, inputs, (text, input) => {
        let parsed: Expression;
        try {
          parsed = parseExpression(text);
        } catch {
          return;
        }
        assert.deepEqual(outcome(parseExpression(printExpression(parsed)), input), outcome(parsed, input));
      }),
      { numRuns: 3000 },
    );
  });

  it('evaluating gives a JSON value or throws an EvaluationError, and agrees with itself', () => {
    const context = { now: () => 1.7e9, previous: { a: 1, timestamp: 5 }, geofences: [], metadata: { a: 1 } };
    fc.assert(
      fc.property(expressions, inputs, (expression, input) => {
        const compiled = compileExpression(printExpression(expression));
        let value: Value | undefined;
        try {
          value = evaluate(expression, input, context);
        } catch (error) {
          assert.ok(error instanceof EvaluationError);
          assert.notEqual(error.code, 'INTERNAL');
        }
        assert.notEqual(value, Infinity);
        assert.ok(!Number.isNaN(value));
        assert.equal(matches(expression, input, context), compiled.test(input, context));
        if (value === undefined) assert.throws(() => compiled.value(input, context), EvaluationError);
        else assert.deepEqual(compiled.value(input, context), value);
      }),
      { numRuns: 2000 },
    );
  });

  it('reads no more than it says', () => {
    fc.assert(
      fc.property(expressions, inputs, (expression, input) => {
        const compiled = compileExpression(printExpression(expression));
        const asked = new Set<string>();
        compiled.test({ get: (name) => (asked.add(name), input[name]) });
        // A name that is only known at run time can be anything; text in the expression cannot.
        const dynamic = /\b(?:exists|json|metadata)\((?!"(?:[^"\\]|\\.)*"[,)])/.test(printExpression(expression));
        if (!dynamic)
          for (const name of asked)
            assert.ok(compiled.references.includes(name), `${name} of ${compiled.references.join()}`);
      }),
      { numRuns: 1000 },
    );
  });

  it('takes linear time', function () {
    this.timeout(5000);
    const evil = [
      'a'.repeat(65_000),
      'a.'.repeat(32_000),
      '1'.repeat(65_000),
      '"'.repeat(65_001),
      `"${'\\n'.repeat(32_000)}`,
      'a||'.repeat(21_000),
      'a['.repeat(32_000),
      '$'.repeat(65_000),
      '!='.repeat(32_000),
      ' '.repeat(65_000),
      `json("a"${',1'.repeat(30_000)})`,
      `a == "${'*'.repeat(4096)}"`,
      `a ~ "${'*a?'.repeat(1300)}"`,
    ];
    for (const text of evil) {
      try {
        compileExpression(text).test({ a: 'a'.repeat(100_000) });
      } catch (error) {
        assert.ok(error instanceof ExpressionError);
      }
    }
  });
});

function outcome(expression: Expression, input: JsonObject): unknown {
  try {
    return evaluate(expression, input, { now: () => 0 });
  } catch (error) {
    assert.ok(error instanceof EvaluationError);
    return error.code;
  }
}

function withoutColumns(expression: Expression): unknown {
  return JSON.parse(JSON.stringify(expression, (key, value: unknown) => (key === 'column' ? undefined : value)));
}
