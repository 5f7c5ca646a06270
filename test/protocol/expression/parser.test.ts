import assert from 'node:assert/strict';
import {
  defaultLimits,
  ExpressionError,
  parseExpression,
  walk,
  type Expression,
} from '../../../nodes/protocol/expression';

/** An expression, then the same with all its parentheses. */
const groupings: readonly [string, string][] = [
  ['1 + 2 * 3', '(1 + (2 * 3))'],
  ['1 * 2 + 3', '((1 * 2) + 3)'],
  ['a - b - c', '((a - b) - c)'],
  ['a || b && c', '(a || (b && c))'],
  ['a && b || c', '((a && b) || c)'],
  ['a | b ^ c & d', '(a | (b ^ (c & d)))'],
  ['a & b == c', '(a & (b == c))'],
  ['a == b < c', '(a == (b < c))'],
  ['a < b << c', '(a < (b << c))'],
  ['a << b + c', '(a << (b + c))'],
  ['a = b = c', '((a == b) == c)'],
  ['a ~ b == c', '((a ~ b) == c)'],
  ['a == b ~ c', '((a == b) ~ c)'],
  ['a ~ b < c', '(a ~ (b < c))'],
  ['a !~ b && c', '((a !~ b) && c)'],
  ['-a * b', '((-a) * b)'],
  ['a * -b', '(a * (-b))'],
  ['!a == b', '((!a) == b)'],
  ['-a[0]', '(-a[0])'],
  ['a ? b : c ? d : e', '(a ? b : (c ? d : e))'],
  ['a ? b ? c : d : e', '(a ? (b ? c : d) : e)'],
  ['a || b ? c : d', '((a || b) ? c : d)'],
  ['(a || b) && c', '((a || b) && c)'],
  ['f.g + $h.i[j + 1][2]', '(f.g + $h.i[(j + 1)][2])'],
  ['if(a, b + c, d)', 'if(a, (b + c), d)'],
];

describe('expression parser', () => {
  for (const [source, grouped] of groupings) {
    it(`${source} is ${grouped}`, () => assert.equal(group(parseExpression(source)), grouped));
  }

  it('gives plain data with columns', () => {
    assert.deepEqual(parseExpression('$position.speed > 3 && not(topics[1] = "a")'), {
      type: 'binary',
      operator: '&&',
      column: 21,
      left: {
        type: 'binary',
        operator: '>',
        column: 17,
        left: { type: 'reference', name: 'position.speed', safe: true, column: 1 },
        right: { type: 'literal', value: 3, column: 19 },
      },
      right: {
        type: 'call',
        name: 'not',
        column: 24,
        arguments: [
          {
            type: 'binary',
            operator: '==',
            column: 38,
            left: {
              type: 'member',
              column: 34,
              object: { type: 'reference', name: 'topics', safe: false, column: 28 },
              index: { type: 'literal', value: 1, column: 35 },
            },
            right: { type: 'literal', value: 'a', column: 40 },
          },
        ],
      },
    });
  });

  it('takes words for values only where they stand alone', () => {
    assert.equal(parseExpression('true').type, 'literal');
    assert.equal(parseExpression('true.north').type, 'reference');
    assert.equal(parseExpression('$null').type, 'reference');
    assert.equal(parseExpression('True').type, 'reference');
  });

  it('visits every node in the order of the text', () => {
    const columns: number[] = [];
    walk(parseExpression('if(a, b[0], -c) + d'), (node) => columns.push(node.column));
    assert.deepEqual(columns, [17, 1, 4, 8, 7, 9, 13, 14, 19]);
  });

  describe('limits', () => {
    const tooDeep: readonly [string, string][] = [
      ['parentheses', `${'('.repeat(10_000)}1${')'.repeat(10_000)}`],
      ['open parentheses', '('.repeat(10_000)],
      ['calls', `${'abs('.repeat(10_000)}1${')'.repeat(10_000)}`],
      ['brackets', `${'a['.repeat(10_000)}1${']'.repeat(10_000)}`],
      ['signs', `${'-'.repeat(10_000)}1`],
      ['conditions', `${'1?1:'.repeat(10_000)}1`],
      ['conditions inside', `${'1?'.repeat(10_000)}1${':1'.repeat(10_000)}`],
    ];
    for (const [name, source] of tooDeep) {
      it(`ends at 200 levels of ${name}`, () => {
        assert.throws(
          () => parseExpression(source),
          (error: unknown) =>
            error instanceof ExpressionError && error.code === 'TOO_DEEP' && error.column > 190 && error.column < 1000,
        );
      });
    }

    it('count nesting, not length', () => {
      const pieces = ['-1', '(1)', 'abs(1)', 'a[1]', '(1 ? 1 : 1)', '!1', '1 * 1', 'if(1, 1, 1)'];
      for (const piece of pieces) parseExpression(Array.from({ length: 1000 }, () => piece).join(' + '));
    });

    it('takes 64 kB and no more', () => {
      const longest = '1'.padStart(defaultLimits.length);
      assert.equal(parseExpression(longest).type, 'literal');
      assert.throws(() => parseExpression(` ${longest}`), { code: 'TOO_LONG', column: 65_537 });
      assert.throws(() => parseExpression('a||'.repeat(33_334)), { code: 'TOO_LONG', column: 65_537 });
    });

    it('can be set', () => {
      assert.throws(() => parseExpression('1 + 1', { length: 4 }), { code: 'TOO_LONG', column: 5 });
      assert.equal(parseExpression(' '.repeat(100_000) + '1', { length: 200_000 }).type, 'literal');
      assert.throws(() => parseExpression('((1))', { depth: 2 }), { code: 'TOO_DEEP', column: 3 });
      assert.equal(parseExpression(`${'('.repeat(300)}1${')'.repeat(300)}`, { depth: 400 }).type, 'literal');
    });

    it('bound the stack whatever they are set to', () => {
      assert.throws(() => parseExpression('('.repeat(60_000), { depth: Infinity }), { code: 'TOO_DEEP' });
    });
  });
});

function group(node: Expression): string {
  switch (node.type) {
    case 'literal':
      return JSON.stringify(node.value);
    case 'reference':
      return node.safe ? `$${node.name}` : node.name;
    case 'member':
      return `${group(node.object)}[${group(node.index)}]`;
    case 'unary':
      return `(${node.operator}${group(node.operand)})`;
    case 'binary':
      return `(${group(node.left)} ${node.operator} ${group(node.right)})`;
    case 'conditional':
      return `(${group(node.test)} ? ${group(node.yes)} : ${group(node.no)})`;
    default:
      return `${node.name}(${node.arguments.map(group).join(', ')})`;
  }
}
