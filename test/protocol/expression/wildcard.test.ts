import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { compileWildcard, isPattern } from '../../../nodes/protocol/expression';

const cases: readonly [pattern: string, text: string, fits: boolean][] = [
  ['', '', true],
  ['', 'a', false],
  ['*', '', true],
  ['*', 'anything', true],
  ['**', 'x', true],
  ['?', '', false],
  ['?', 'x', true],
  ['?', 'xy', false],
  ['a*', 'abc', true],
  ['a*', 'bac', false],
  ['*c', 'abc', true],
  ['*c', 'cab', false],
  ['a*c', 'ac', true],
  ['a*a', 'a', false],
  ['ab*ba', 'aba', false],
  ['*b*', 'abc', true],
  ['*bc*bc*', 'abc', false],
  ['*bc*bc*', 'abcbc', true],
  ['12*45', '123456789012345', true],
  ['86435*', '864352045580768', true],
  ['fm?640', 'fmc640', true],
  ['fm?640', 'fm640', false],
  ['*a?c*', 'xxabxabc', true],
  ['*a?c*', 'xxabxab', false],
  ['?*?', 'a', false],
  ['?*?', 'ab', true],
  ['*?', 'ab', true],
  ['a.c', 'abc', false],
  ['[a]*', '[a]b', true],
  ['\\*', '\\x', true],
  [`*${'?'.repeat(40)}b*`, `${'a'.repeat(45)}b`, true],
  [`*${'?'.repeat(40)}b*`, `${'a'.repeat(39)}b`, false],
];

describe('expression wildcards', () => {
  for (const [pattern, text, expected] of cases) {
    it(`${pattern} ${expected ? 'fits' : 'does not fit'} "${text}"`, () => {
      assert.equal(compileWildcard(pattern, true)(text), expected);
    });
  }

  it('can ignore case', () => {
    assert.equal(compileWildcard('FM?640*', false)('fmc640-x'), true);
    assert.equal(compileWildcard('FM?640*', true)('fmc640-x'), false);
  });

  it('knows a pattern from plain text', () => {
    assert.deepEqual(['abc', 'a*c', 'a?c', ''].map(isPattern), [false, true, true, false]);
  });

  it('agrees with the definition', () => {
    const letters = fc.stringMatching(/^[ab]{0,12}$/);
    const patterns = fc.stringMatching(/^[ab*?]{0,10}$/);
    fc.assert(
      fc.property(
        patterns,
        letters,
        (pattern, text) => compileWildcard(pattern, true)(text) === byDefinition(pattern, text),
      ),
      { numRuns: 2000 },
    );
  });

  it('agrees with the definition on runs of more than 32 characters', () => {
    const letters = fc.stringMatching(/^[ab]{0,90}$/);
    const long = fc.stringMatching(/^[a?]{30,70}$/).map((run) => `*${run}*`);
    fc.assert(
      fc.property(
        long,
        letters,
        (pattern, text) => compileWildcard(pattern, true)(text) === byDefinition(pattern, text),
      ),
    );
  });

  describe('takes its time by the length of the text, not by the pattern', () => {
    const text = 'a'.repeat(200_000);
    const patterns: readonly [string, string][] = [
      ['many stars', `${'*a'.repeat(1000)}*b`],
      ['many stars and a miss', `${'*a'.repeat(1000)}*b*`],
      ['a long run', `*${'a'.repeat(2000)}b*`],
      ['a long run that starts wrong', `*b${'a'.repeat(2000)}*`],
      ['a long run, wrong in the middle', `*${'a'.repeat(1000)}b${'a'.repeat(1000)}*`],
      ['a long run with gaps', `*${'a?'.repeat(500)}b*`],
    ];
    for (const [name, pattern] of patterns) {
      it(name, function () {
        this.timeout(2000);
        assert.equal(compileWildcard(pattern, true)(text), false);
      });
    }
  });
});

/** What the two signs mean, in the most direct way: may the first i signs make the first j characters? */
function byDefinition(pattern: string, text: string): boolean {
  let reachable = [true, ...Array.from(text, () => false)];
  for (const sign of pattern) {
    const next = [sign === '*' && reachable[0] === true];
    for (let end = 1; end <= text.length; end += 1) {
      const before = reachable[end - 1] === true;
      next.push(
        sign === '*'
          ? reachable[end] === true || next[end - 1] === true
          : before && (sign === '?' || sign === text[end - 1]),
      );
    }
    reachable = next;
  }
  return reachable[text.length] === true;
}
