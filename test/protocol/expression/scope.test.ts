import assert from 'node:assert/strict';
import {
  compileExpression,
  exists,
  lookUp,
  scopeOf,
  type JsonObject,
  type Scope,
} from '../../../nodes/protocol/expression';

describe('expression scope', () => {
  it('resolves a flat key first, then a path', () => {
    const scope = scopeOf({ 'a.b': 1, a: { b: 2, c: 3 } });
    assert.equal(scope.get('a.b'), 1);
    assert.equal(scope.get('a.c'), 3);
    assert.equal(scope.get('a.d'), undefined);
  });

  it('tries every split of a path until one leads somewhere', () => {
    assert.equal(lookUp({ a: { x: 1 }, 'a.b': { c: 2 } }, 'a.b.c'), 2);
    assert.equal(lookUp({ a: { 'b.c': { d: 3 } } }, 'a.b.c.d'), 3);
  });

  it('keeps null apart from missing', () => {
    assert.equal(lookUp({ a: null }, 'a'), null);
    assert.equal(lookUp({ a: null }, 'a.b'), undefined);
  });

  it('knows own keys only', () => {
    const inherited = Object.create({ secret: 1 }) as JsonObject;
    for (const name of ['secret', 'constructor', '__proto__', 'constructor.name', '__proto__.toString', 'toString']) {
      assert.equal(lookUp(inherited, name), undefined, name);
    }
    assert.equal(lookUp(JSON.parse('{"__proto__":{"x":1}}') as JsonObject, '__proto__.x'), 1, 'data may have any key');
  });

  it('ends on any name', function () {
    this.timeout(1000);
    const object: JsonObject = { a: { a: { a: { a: 1 } } } };
    assert.equal(lookUp(object, 'a'.padEnd(1_000_000, '.a')), undefined);
    assert.equal(lookUp(object, '.'.repeat(1_000_000)), undefined);
    const deep = JSON.parse(`${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`) as JsonObject;
    assert.equal(lookUp(deep, 'a'.padEnd(19_999, '.a')), undefined);
    assert.equal(lookUp(object, ''), undefined);
  });

  it('can be computed', () => {
    const asked: string[] = [];
    const scope: Scope = {
      get(name) {
        asked.push(name);
        return name === 'telemetry.speed' ? 70 : undefined;
      },
    };
    assert.equal(compileExpression('telemetry.speed > 60 && not(exists("other"))').test(scope), true);
    assert.deepEqual(asked, ['telemetry.speed', 'other']);
  });

  it('asks has() for existence where there is one', () => {
    const scope: Scope = { get: () => assert.fail('not needed'), has: (name) => name === 'media' };
    assert.equal(exists(scope, 'media'), true);
    assert.equal(compileExpression('exists("media")').test(scope), true);
    assert.equal(compileExpression('exists("nothing")').test(scope), false);
  });

  it('takes an object with a parameter named get for an object', () => {
    assert.equal(compileExpression('get == 5').test({ get: 5 }), true);
  });
});
