import assert from 'node:assert/strict';
import {
  analyticsFunctions,
  compileExpression,
  evaluate,
  EvaluationError,
  expressionFunctions,
  matches,
  parseExpression,
  type Expression,
  type JsonObject,
  type Scope,
  type Value,
} from '../../../nodes/protocol/expression';

describe('expression evaluation', () => {
  it('never throws from a test', () => {
    const broken: Scope = {
      get() {
        throw new TypeError('broken');
      },
    };
    assert.equal(compileExpression('a').test(broken), false);
    assert.equal(matches(parseExpression('a'), broken), false);
    assert.equal(matches(parseExpression('a'), null as unknown as JsonObject), false);
  });

  it('throws only its own error for a value', () => {
    const cause = new TypeError('broken');
    const broken: Scope = {
      get() {
        throw cause;
      },
    };
    const { value } = compileExpression('a + 1');
    assert.throws(() => value(broken), { name: 'EvaluationError', code: 'INTERNAL', column: 1, cause });
    assert.throws(() => value(undefined as unknown as JsonObject), EvaluationError);
  });

  it('survives what no parser made', () => {
    const unknown: Expression = { type: 'call', name: 'nope', arguments: [], column: 3 };
    assert.throws(() => evaluate(unknown, {}), { code: 'INTERNAL', column: 3 });
    let deep: Expression = { type: 'literal', value: 1, column: 1 };
    for (let level = 0; level < 100_000; level += 1) deep = { type: 'unary', operator: '-', operand: deep, column: 1 };
    assert.throws(() => evaluate(deep, {}), { code: 'INTERNAL' });
    assert.equal(matches(deep, {}), false);
  });

  it('survives JSON of 10,000 levels', () => {
    const depth = 10_000;
    const input = JSON.parse(
      `{"a":${'['.repeat(depth)}${']'.repeat(depth)},"o":${'{"o":'.repeat(depth)}1${'}'.repeat(depth)}}`,
    ) as JsonObject;
    assert.equal(compileExpression('a == 1').test(input), false);
    assert.equal(compileExpression('a.b.c').test(input), false);
    assert.equal(compileExpression(`o${'.o'.repeat(100)}`).test(input), true);
    assert.equal(compileExpression(`a['${'/0'.repeat(5000)}']`).test(input), true);
    for (const text of ['tostring(a)', 'tostring(o)']) {
      try {
        compileExpression(text).value(input);
      } catch (error) {
        assert.ok(error instanceof EvaluationError);
      }
    }
  });

  it('evaluates chains of tens of thousands of links', () => {
    const links = 16_000;
    assert.equal(compileExpression(`${'a||'.repeat(links)}b`).test({ a: 0, b: 1 }), true);
    assert.equal(compileExpression(`1${'+1'.repeat(links)}`).value({}), links + 1);
    assert.equal(compileExpression(`a${'[0]'.repeat(links)}`).value({ a: [] }), null);
  });

  it('refuses patterns that no text deserves', () => {
    const pattern = '*a'.repeat(2049);
    for (const text of [`x ~ "${pattern}"`, `x == "${pattern}"`, 'x ~ pattern']) {
      assert.throws(() => compileExpression(text).value({ x: 'a', pattern }), { code: 'PATTERN_TOO_LONG', column: 3 });
    }
    assert.equal(
      compileExpression('x == pattern').value({ x: pattern, pattern }),
      true,
      'plain text may be as long as it likes',
    );
  });

  it('looks at one branch only', () => {
    const asked: string[] = [];
    const scope: Scope = {
      get(name) {
        asked.push(name);
        return name === 'a' ? 1 : 0;
      },
    };
    compileExpression('if(a, b, c) + (a ? d : e) + (a || f) + (g && h)').value(scope);
    assert.deepEqual(asked, ['a', 'b', 'a', 'd', 'a', 'g']);
  });

  it('keeps nothing from one input to the next', () => {
    const { value, test } = compileExpression('speed / load');
    assert.throws(() => value({ speed: 1 }), { code: 'MISSING', column: 9 });
    assert.throws(() => value({ speed: 1, load: 0 }), { code: 'DIVISION_BY_ZERO', column: 7 });
    assert.equal(value({ speed: 6, load: 3 }), 2);
    assert.equal(test({ speed: 'fast', load: 3 }), false);
    assert.throws(() => value({ speed: 'fast', load: 3 }), {
      code: 'TYPES',
      params: { where: '/', left: 'string', right: 'number' },
    });
  });

  it('has the answer false for every kind of no', () => {
    const no: readonly Value[] = [0, false, null, ''];
    for (const x of no) assert.equal(compileExpression('x').test({ x }), false, JSON.stringify(x));
    const yes: readonly Value[] = [1, -1, 0.5, true, 'x', '0', [], {}];
    for (const x of yes) assert.equal(compileExpression('x').test({ x }), true, JSON.stringify(x));
    for (const x of [NaN, Infinity]) assert.equal(compileExpression('x + 1').test({ x }), false);
    for (const text of ['x', 'x <= x', 'x >= 0', 'x == x', 'not(not(x))']) {
      assert.equal(compileExpression(text).test({ x: NaN }), false, text);
    }
  });

  it('uses the clock of the machine unless told otherwise', () => {
    const before = Date.now() / 1000;
    const now = compileExpression('now()').value({});
    assert.ok(typeof now === 'number' && now >= before && now <= Date.now() / 1000);
    assert.equal(compileExpression('now()').value({}, { now: () => 7 }), 7);
  });

  it('says which parameters an expression can read', () => {
    const referencesOf = (text: string): readonly string[] => compileExpression(text).references;
    assert.deepEqual(referencesOf('a.b > 1 && $c == a.b || "d" == 2'), ['a.b', 'c']);
    assert.deepEqual(referencesOf('exists("x.y") && json("k", z) == 1'), ['x.y', 'k', 'z']);
    assert.deepEqual(referencesOf('distance_to(1, 2) < 5'), ['position.latitude', 'position.longitude']);
    assert.deepEqual(referencesOf('distance() + duration()'), ['position.latitude', 'position.longitude', 'timestamp']);
    assert.deepEqual(referencesOf('distance(a, b, 1, 2)'), ['a', 'b']);
    assert.deepEqual(referencesOf('tonumber("payload") + tonumber("5") + previous("q") + metadata("m")'), [
      'payload',
      'metadata.m',
    ]);
  });

  it('lists its functions as flespi does', () => {
    for (const entry of expressionFunctions) {
      assert.deepEqual(Object.keys(entry), ['name', 'usage', 'description', 'arguments']);
      assert.ok(entry.usage.startsWith(`${entry.name}(`) && entry.usage.endsWith(')'));
      assert.ok(entry.description.length > 0);
      assert.ok(entry.arguments.min <= entry.arguments.max);
    }
    const names = expressionFunctions.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    assert.deepEqual([...analyticsFunctions].sort(), ['duration', 'geofence', 'metadata', 'mileage', 'previous']);
  });
});
