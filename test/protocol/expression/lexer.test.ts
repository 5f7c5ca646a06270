import assert from 'node:assert/strict';
import { tokensOf } from '../../../nodes/protocol/expression';

/** Source, then every token as `type:value@column`. */
const cases: readonly [string, readonly string[]][] = [
  ['', ['end:@1']],
  ['  ', ['end:@3']],
  ['a', ['name:a@1', 'end:@2']],
  ['a&&b', ['name:a@1', 'sign:&&@2', 'name:b@4', 'end:@5']],
  ['a&b', ['name:a@1', 'sign:&@2', 'name:b@3', 'end:@4']],
  ['a<<b', ['name:a@1', 'sign:<<@2', 'name:b@4', 'end:@5']],
  ['a<=b', ['name:a@1', 'sign:<=@2', 'name:b@4', 'end:@5']],
  ['a < = b', ['name:a@1', 'sign:<@3', 'sign:=@5', 'name:b@7', 'end:@8']],
  ['a===b', ['name:a@1', 'sign:==@2', 'sign:=@4', 'name:b@5', 'end:@6']],
  ['a!~b', ['name:a@1', 'sign:!~@2', 'name:b@4', 'end:@5']],
  ['!a', ['sign:!@1', 'name:a@2', 'end:@3']],
  ['a=1', ['name:a@1', 'sign:=@2', 'number:1@3', 'end:@4']],
  ['$position.speed>3', ['sign:$@1', 'name:position.speed@2', 'sign:>@16', 'number:3@17', 'end:@18']],
  ['-1.5e3', ['sign:-@1', 'number:1500@2', 'end:@7']],
  ['1-2', ['number:1@1', 'sign:-@2', 'number:2@3', 'end:@4']],
  ['0x1F', ['number:31@1', 'end:@5']],
  ['.5', ['number:0.5@1', 'end:@3']],
  ['"a b"', ['text:a b@1', 'end:@6']],
  [`'it"s'`, ['text:it"s@1', 'end:@7']],
  [`"it\\"s"`, ['text:it"s@1', 'end:@8']],
  ['"a\\tb"', ['text:a\tb@1', 'end:@7']],
  ['"a\nb"', ['text:a\nb@1', 'end:@6']],
  ['f(a, b)', ['name:f@1', 'sign:(@2', 'name:a@3', 'sign:,@4', 'name:b@6', 'sign:)@7', 'end:@8']],
  [
    'x[0]?1:2',
    ['name:x@1', 'sign:[@2', 'number:0@3', 'sign:]@4', 'sign:?@5', 'number:1@6', 'sign::@7', 'number:2@8', 'end:@9'],
  ],
  ['custom.param.116', ['name:custom.param.116@1', 'end:@17']],
  ['a\u00a0+\tb', ['name:a@1', 'sign:+@3', 'name:b@5', 'end:@6']],
];

describe('expression lexer', () => {
  for (const [source, expected] of cases) {
    it(JSON.stringify(source), () => {
      const tokens = tokensOf(source);
      assert.deepEqual(
        tokens.map(({ type, value, column }) => `${type}:${value}@${column}`),
        expected,
      );
      for (const { text, column } of tokens)
        assert.ok(source.startsWith(text, column - 1), 'text stands at its column');
    });
  }

  it('refuses names longer than any parameter', () => {
    assert.equal(tokensOf('a'.repeat(256)).length, 2);
    assert.throws(() => tokensOf('a'.repeat(257)), { code: 'BAD_NAME', column: 1 });
  });

  it('keeps what it quotes in a message short', () => {
    assert.throws(
      () => tokensOf(`1${'x'.repeat(10_000)}`),
      (error: Error) => error.message.length < 120,
    );
  });
});
