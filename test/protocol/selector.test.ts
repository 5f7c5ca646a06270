import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FlespiError } from '../../nodes/protocol/flespi-error';
import {
  encodeSegment,
  encodeSelector,
  longestSelector,
  type Selector,
  selectorOf,
} from '../../nodes/protocol/selector';

const encoded: [Selector, string][] = [
  [{ kind: 'all' }, 'all'],
  [{ kind: 'ids', ids: [123] }, '123'],
  [{ kind: 'ids', ids: [123, 456, 789] }, '123,456,789'],
  [{ kind: 'ids', ids: ['9007199254740993'] }, '9007199254740993'],
  [{ kind: 'ids', ids: ['position.speed', ' din '] }, 'position.speed,din'],
  [{ kind: 'group', id: 1234 }, 'groups.id=1234'],
  [{ kind: 'group', id: ' 1234 ' }, 'groups.id=1234'],
  [{ kind: 'field', field: 'protocol_name', value: 'wialon-ips' }, 'protocol_name=wialon-ips'],
  [{ kind: 'field', field: 'configuration.ident', value: '86435*' }, 'configuration.ident=86435*'],
  [{ kind: 'field', field: 'device_type_name', value: 'fm?640' }, 'device_type_name=fm%3F640'],
  [{ kind: 'field', field: 'name', value: 'My tracker' }, 'name=My%20tracker'],
  [{ kind: 'field', field: 'name', value: 'a/b?c#d' }, 'name=a%2Fb%3Fc%23d'],
  [{ kind: 'field', field: 'name', value: 'a=b' }, 'name=a=b'],
  // No way to quote these in the field form, so they become text in an expression.
  [{ kind: 'field', field: 'name', value: 'Smith, John' }, '%7Bname==%22Smith,%20John%22%7D'],
  [{ kind: 'field', field: 'name', value: '=5' }, '%7Bname==%22=5%22%7D'],
  [{ kind: 'field', field: 'name', value: 'say "hi"' }, '%7Bname==%22say%20%5C%22hi%5C%22%22%7D'],
  [{ kind: 'field', field: 'name', value: '{x}' }, '%7Bname==%22%7Bx%7D%22%7D'],
  [{ kind: 'expression', expression: 'cid=123 || cid=456' }, '%7Bcid=123%20%7C%7C%20cid=456%7D'],
  [
    { kind: 'expression', expression: '{last_active < (now() - 86400)}' },
    '%7Blast_active%20%3C%20(now()%20-%2086400)%7D',
  ],
  [{ kind: 'raw', text: 'name=Van*,enabled=true' }, 'name=Van*,enabled=true'],
  [{ kind: 'raw', text: '%2e%2e%2fplatform' }, '%252e%252e%252fplatform'],
  [{ kind: 'raw', text: 'Škoda' }, '%C5%A0koda'],
];

const refused: [Selector, string, string][] = [
  [{ kind: 'raw', text: '' }, 'FLESPI_BAD_SELECTOR', 'empty'],
  [{ kind: 'raw', text: '  ' }, 'FLESPI_BAD_SELECTOR', 'empty'],
  [{ kind: 'ids', ids: [] }, 'FLESPI_BAD_SELECTOR', 'empty'],
  [{ kind: 'ids', ids: [1, ''] }, 'FLESPI_BAD_SELECTOR', 'empty'],
  [{ kind: 'ids', ids: [1.5] }, 'FLESPI_BAD_SELECTOR', 'not-an-id'],
  [{ kind: 'ids', ids: [-1] }, 'FLESPI_BAD_SELECTOR', 'not-an-id'],
  [{ kind: 'ids', ids: [NaN] }, 'FLESPI_BAD_SELECTOR', 'not-an-id'],
  [{ kind: 'ids', ids: [2 ** 53] }, 'FLESPI_BAD_SELECTOR', 'not-an-id'],
  [{ kind: 'ids', ids: ['1,2'] }, 'FLESPI_BAD_SELECTOR', 'not-an-id'],
  [{ kind: 'ids', ids: ['{true}'] }, 'FLESPI_BAD_SELECTOR', 'not-an-id'],
  [{ kind: 'ids', ids: ['name=x'] }, 'FLESPI_BAD_SELECTOR', 'not-an-id'],
  [{ kind: 'group', id: 'vans' }, 'FLESPI_BAD_SELECTOR', 'not-an-id'],
  [{ kind: 'field', field: '', value: 'x' }, 'FLESPI_BAD_SELECTOR', 'no-field'],
  [{ kind: 'field', field: 'a b', value: 'x' }, 'FLESPI_BAD_SELECTOR', 'bad-field'],
  [{ kind: 'field', field: 'a=b', value: 'x' }, 'FLESPI_BAD_SELECTOR', 'bad-field'],
  [{ kind: 'field', field: 'a..b', value: 'x' }, 'FLESPI_BAD_SELECTOR', 'bad-field'],
  [{ kind: 'field', field: 'name', value: '' }, 'FLESPI_BAD_SELECTOR', 'empty-value'],
  [{ kind: 'raw', text: '.' }, 'FLESPI_BAD_SELECTOR', 'leaves-path'],
  [{ kind: 'raw', text: '..' }, 'FLESPI_BAD_SELECTOR', 'leaves-path'],
  [{ kind: 'raw', text: ' .. ' }, 'FLESPI_BAD_SELECTOR', 'leaves-path'],
  [{ kind: 'raw', text: '%2e%2E' }, 'FLESPI_BAD_SELECTOR', 'leaves-path'],
  [{ kind: 'raw', text: '.%2e' }, 'FLESPI_BAD_SELECTOR', 'leaves-path'],
  [{ kind: 'raw', text: '%252e%25252e' }, 'FLESPI_BAD_SELECTOR', 'leaves-path'],
  [{ kind: 'raw', text: 'a\r\nHost: b' }, 'FLESPI_BAD_SELECTOR', 'control-character'],
  [{ kind: 'raw', text: 'a\u0000' }, 'FLESPI_BAD_SELECTOR', 'control-character'],
  [{ kind: 'raw', text: 'a\u009f' }, 'FLESPI_BAD_SELECTOR', 'control-character'],
  [{ kind: 'raw', text: '\ud800' }, 'FLESPI_BAD_SELECTOR', 'half-character'],
  [{ kind: 'raw', text: 'x'.repeat(longestSelector + 1) }, 'FLESPI_BAD_SELECTOR', 'too-long'],
  [{ kind: 'raw', text: '/'.repeat(longestSelector / 3 + 1) }, 'FLESPI_BAD_SELECTOR', 'too-long'],
  [{ kind: 'expression', expression: '{}' }, 'FLESPI_BAD_SELECTOR', 'empty'],
];

function failure(run: () => unknown): FlespiError {
  try {
    run();
  } catch (error) {
    assert(error instanceof FlespiError);
    return error;
  }
  throw new assert.AssertionError({ message: 'nothing was thrown' });
}

describe('selector', () => {
  for (const [selector, text] of encoded) {
    it(`encodes ${JSON.stringify(selector)}`, () => assert.equal(encodeSelector(selector), text));
  }

  for (const [selector, code, problem] of refused) {
    it(`refuses ${JSON.stringify(selector).slice(0, 60)}`, () => {
      const error = failure(() => encodeSelector(selector));
      assert.equal(error.code, code);
      assert.equal(error.params['problem'], problem);
    });
  }

  it('says where an expression goes wrong', () => {
    const error = failure(() => encodeSelector({ kind: 'expression', expression: '{cid == }' }));
    assert.equal(error.code, 'FLESPI_BAD_EXPRESSION');
    assert.equal(typeof error.params['column'], 'number');
    assert.match(String(error.params['reason']), /ends/);
  });

  it('does not repeat a long selector in its error', () => {
    const error = failure(() => encodeSelector({ kind: 'raw', text: 'x'.repeat(20_000) }));
    assert(String(error.params['selector']).length <= 80);
  });

  it('keeps any text in one segment of the same origin, and decodes back to it', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('.', '/', '\\', '%', '2', 'e', 'E', 'f', '?', '#', ':', '@', ' ', 'a') }),
    );
    fc.assert(
      fc.property(text, (text) => {
        let segment: string;
        try {
          segment = encodeSegment(text);
        } catch (error) {
          assert(error instanceof FlespiError);
          return;
        }
        const url = new URL(`http://flespi.invalid/gw/devices/${segment}/telemetry/all`);
        assert.equal(url.origin, 'http://flespi.invalid');
        assert.equal(url.search, '');
        assert.equal(url.hash, '');
        const segments = url.pathname.split('/');
        assert.equal(segments.length, 6);
        assert.equal(decodeURIComponent(segments[3] ?? ''), text);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('selectorOf', () => {
  const made: [Parameters<typeof selectorOf>, Selector][] = [
    [['raw', 5], { kind: 'ids', ids: [5] }],
    [['raw', [1, 2]], { kind: 'ids', ids: [1, 2] }],
    [['raw', [{ id: 1, name: 'a' }, { id: 2 }]], { kind: 'ids', ids: [1, 2] }],
    [['raw', 'all'], { kind: 'all' }],
    [['raw', ' 1, 2 '], { kind: 'ids', ids: ['1', '2'] }],
    [['raw', '{id>5}'], { kind: 'expression', expression: '{id>5}' }],
    [['raw', 'name=Van*'], { kind: 'raw', text: 'name=Van*' }],
    [['ids', '1,2'], { kind: 'ids', ids: ['1', '2'] }],
    [['ids', ['1', 2]], { kind: 'ids', ids: ['1', 2] }],
    [['group', 7], { kind: 'group', id: 7 }],
    [['group', '7'], { kind: 'group', id: '7' }],
    [['field', 'Van*', 'name'], { kind: 'field', field: 'name', value: 'Van*' }],
    [['field', true, 'enabled'], { kind: 'field', field: 'enabled', value: 'true' }],
    [['field', 13, 'protocol_id'], { kind: 'field', field: 'protocol_id', value: '13' }],
    [['field', { field: 'name', value: 'x' }], { kind: 'field', field: 'name', value: 'x' }],
    [['expression', 'id>5'], { kind: 'expression', expression: 'id>5' }],
    [['all', 'ignored'], { kind: 'all' }],
  ];
  for (const [input, selector] of made) {
    it(`makes ${JSON.stringify(input)} a selector`, () => assert.deepEqual(selectorOf(...input), selector));
  }

  const wrong: [Parameters<typeof selectorOf>, string][] = [
    [['raw', undefined], 'empty'],
    [['raw', ''], 'empty'],
    [['raw', null], 'empty'],
    [['raw', []], 'empty'],
    [['raw', {}], 'not-text'],
    [['raw', true], 'not-text'],
    [['raw', [[1]]], 'not-an-id'],
    [['ids', [null]], 'not-an-id'],
    [['ids', {}], 'not-an-id'],
    [['group', [1, 2]], 'one-group'],
    [['group', undefined], 'empty'],
    [['field', {}, 'name'], 'not-text'],
    [['field', NaN, 'name'], 'not-text'],
    [['field', undefined, 'name'], 'empty'],
    [['expression', 5], 'not-text'],
  ];
  for (const [input, problem] of wrong) {
    it(`refuses ${JSON.stringify(input)}`, () => {
      const error = failure(() => selectorOf(...input));
      assert.equal(error.code, 'FLESPI_BAD_SELECTOR');
      assert.equal(error.params['problem'], problem);
    });
  }

  it('survives values that fight back', () => {
    const angry = {
      get id(): never {
        throw new Error('no');
      },
    };
    assert.throws(() => selectorOf('raw', [angry]));
  });
});
