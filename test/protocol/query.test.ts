import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FlespiError } from '../../nodes/protocol/flespi-error';
import { buildQuery, jsonText, type QueryParts } from '../../nodes/protocol/query';

const built: [QueryParts, string][] = [
  [{}, ''],
  [{ fields: [], data: {} }, ''],
  [{ fields: ['id', ' configuration.ident '] }, 'fields=id,configuration.ident'],
  [{ limit: 10, offset: 0 }, 'limit=10&offset=0'],
  [{ fields: ['id'], limit: 1, offset: 5 }, 'fields=id&limit=1&offset=5'],
  [
    { data: { from: 1700000000, to: 1700086400, count: 1000 } },
    'data=%7B%22from%22%3A1700000000%2C%22to%22%3A1700086400%2C%22count%22%3A1000%7D',
  ],
  [{ fields: ['a&b=c'] }, 'fields=a%26b%3Dc'],
];

const circle: Record<string, unknown> = {};
circle['self'] = circle;

const refused: [QueryParts, string][] = [
  [{ limit: 0 }, 'whole-number'],
  [{ limit: 1.5 }, 'whole-number'],
  [{ limit: NaN }, 'whole-number'],
  [{ offset: -1 }, 'whole-number'],
  [{ offset: Infinity }, 'whole-number'],
  [{ fields: ['a,b'] }, 'field-name'],
  [{ fields: [''] }, 'field-name'],
  [{ fields: ['\ud800'] }, 'half-character'],
  [{ data: circle }, 'not-json'],
  [{ data: { big: 1n } }, 'not-json'],
];

describe('query', () => {
  for (const [parts, query] of built) {
    it(`builds "${query}"`, () => assert.equal(buildQuery(parts), query));
  }

  for (const [index, [parts, problem]] of refused.entries()) {
    it(`refuses case ${index + 1}: ${problem}`, () => {
      assert.throws(
        () => buildQuery(parts),
        (error) =>
          error instanceof FlespiError && error.code === 'FLESPI_BAD_INPUT' && error.params['problem'] === problem,
      );
    });
  }

  it('reads back what was put in', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(), (data, offset) => {
        const query = new URLSearchParams(buildQuery({ data, offset }));
        assert.equal(query.get('offset'), String(offset));
        if (Object.keys(data).length > 0)
          assert.deepEqual(JSON.parse(query.get('data') ?? ''), JSON.parse(JSON.stringify(data)));
        assert.equal([...query.keys()].length, Object.keys(data).length > 0 ? 2 : 1);
      }),
    );
  });

  it('takes no body that JSON cannot say', () => {
    const angry = {
      get value(): never {
        throw new Error('no');
      },
    };
    for (const value of [circle, 1n, angry, () => 1, Symbol('x'), undefined]) {
      assert.throws(
        () => jsonText('body', value),
        (error) => error instanceof FlespiError && error.code === 'FLESPI_BAD_INPUT',
      );
    }
  });
});
