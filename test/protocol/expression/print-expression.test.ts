import assert from 'node:assert/strict';
import { parseExpression, printExpression } from '../../../nodes/protocol/expression';

const cases: readonly [string, string][] = [
  ['a=1', 'a == 1'],
  ['((a))', 'a'],
  ['(a||b)&&c', '(a || b) && c'],
  ['(a&&b)||c', 'a && b || c'],
  ['a-(b-c)', 'a - (b - c)'],
  ['(a-b)-c', 'a - b - c'],
  ['a*(b+c)', 'a * (b + c)'],
  ['-(a+b)', '-(a + b)'],
  ['- -a', '--a'],
  ['! ~a', '! ~a'],
  ['(-a)[0]', '(-a)[0]'],
  ['(a+b)[0]["x"]', '(a + b)[0]["x"]'],
  ["x['/0/id']", 'x["/0/id"]'],
  [`'say "x"'`, '"say \\"x\\""'],
  ['"a\\\\b\\n"', '"a\\\\b\\n"'],
  ['0x10', '16'],
  ['$a.b', '$a.b'],
  ['(a?b:c)?d:e', '(a ? b : c) ? d : e'],
  ['a?b:(c?d:e)', 'a ? b : c ? d : e'],
  ['a?(b?c:d):e', 'a ? b ? c : d : e'],
  ['(a?b:c)+1', '(a ? b : c) + 1'],
  ['if( a ,b,c )', 'if(a, b, c)'],
  ['now( )', 'now()'],
];

describe('expression printer', () => {
  for (const [source, printed] of cases) {
    it(`${source} as ${printed}`, () => assert.equal(printExpression(parseExpression(source)), printed));
  }

  it('prints chains of any length', () => {
    const long = Array.from({ length: 9000 }, (_, id) => `id == ${id}`).join(' || ');
    assert.equal(printExpression(parseExpression(long, { length: Infinity })), long);
  });
});
