import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { parseExpression, type Expression } from '../../nodes/protocol/expression';
import { FlespiError } from '../../nodes/protocol/flespi-error';
import {
  buildTopic,
  fillPlaces,
  needsMessage,
  parseTopic,
  placesOf,
  withStandIns,
  type TopicParts,
} from '../../nodes/protocol/topic';

const fillAll = (topic: string, value: unknown): string => fillPlaces(topic, () => value);
const payloadOf = (topic: string): string | undefined => parseTopic(topic).filter?.payload;
/** What an expression does, whatever values stand in it. */
const withoutLiterals = (expression = ''): string =>
  JSON.stringify(parseExpression(expression), (key, value: Partial<Expression> | number) => {
    if (typeof value !== 'object') return key === 'column' ? undefined : value;
    const negative = value.type === 'unary' && value.operand?.type === 'literal';
    return value.type === 'literal' || negative ? 'a value' : value;
  });
const withPayload = (payload: string): string => buildTopic({ filter: { payload }, levels: ['a', '+'] });

describe('places in topics', () => {
  it('are properties of the message, of a context or of the environment', () => {
    const topic =
      '$share/{{env.GROUP}}/$filter/payload=x%3E%7B%7Bflow.limit%7D%7D&cid={{ global.cid }}/a/{{payload.id}}/{{msg.b}}';
    assert.deepEqual(
      placesOf(topic).map(({ source, path, text }) => [source, path, text]),
      [
        ['env', 'GROUP', '{{env.GROUP}}'],
        ['flow', 'limit', '{{flow.limit}}'],
        ['global', 'cid', '{{ global.cid }}'],
        ['msg', 'payload.id', '{{payload.id}}'],
        ['msg', 'b', '{{msg.b}}'],
      ],
    );
    assert.equal(needsMessage(topic), true);
    assert.equal(needsMessage('a/{{flow.x}}/{{env.Y}}'), false);
    assert.equal(needsMessage('a/+'), false);
  });

  /** [topic, value, what comes of it]. */
  const filled: [string, unknown, string][] = [
    ['a/{{x}}/b', 42, 'a/42/b'],
    ['a/{{x}}', 'battery.voltage', 'a/battery.voltage'],
    ['a/1,{{x}}/b', 2, 'a/1,2/b'],
    ['a/id-{{x}}', 'b c', 'a/id-b c'],
    ['$share/{{x}}/a/+', 'workers', '$share/workers/a/+'],
    ['$share/{{x}}:6/a/+', 'workers', '$share/workers:6/a/+'],
    ['$filter/cid={{x}}/a', 123, '$filter/cid=123/a'],
    ['$filter/modified_since={{x}}/a', '1700000000.5', '$filter/modified_since=1700000000.5/a'],
    [withPayload('speed > {{x}}'), 80, withPayload('speed > 80')],
    [withPayload('speed > {{x}}'), -5, withPayload('speed > (-5)')],
    [withPayload('on == {{x}}'), true, withPayload('on == true')],
    [withPayload('name == {{x}}'), 'Van "1"', withPayload('name == "Van \\"1\\""')],
    [withPayload('name == "{{x}} 7"'), 'Van', withPayload('name == "Van 7"')],
    [withPayload("name == '{{x}}'"), "O'Hara", withPayload("name == 'O\\'Hara'")],
    [withPayload('a == "\\"" && b == {{x}}'), 'c', withPayload('a == "\\"" && b == "c"')],
    ['$filter/payload=speed>{{x}}/a', 1, '$filter/payload=speed%3E1/a'],
  ];
  for (const [topic, value, wanted] of filled) {
    it(`${topic} with ${JSON.stringify(value)}`, () => assert.equal(fillAll(topic, value), wanted));
  }

  const nothing = ['', undefined, null];
  const noText = [{}, [], ['1'], true, Number.NaN, Infinity, 10n, () => '1'];
  const broken = ['a\u0000', '\ud800', 'x'.repeat(70_000)];
  /** [topic, problem, values]. */
  const refused: [string, string, unknown[]][] = [
    ['a/{{x}}', 'value-missing', nothing],
    ['a/{{x}}', 'value-kind', noText],
    ['a/{{x}}', 'value-text', broken],
    ['a/{{x}}', 'widens', ['#', '+', 'a/b', '1,2', '$share']],
    ['$share/{{x}}/a', 'widens', ['a/b', '#']],
    ['$share/{{x}}/a', 'group', ['workers:0:1']],
    ['$filter/cid={{x}}/a', 'value-number', ['1&payload=1', 'all', -1, '0x10', true]],
    ['$filter/modified_since={{x}}/a', 'value-number', ['2026-01-01', 1e21]],
    [withPayload('name == {{x}}'), 'value-wildcard', ['*', 'a?']],
    [withPayload('name == "{{x}}"'), 'value-wildcard', ['*']],
    [withPayload('name == {{x}}'), 'value-missing', nothing],
    [withPayload('name == {{x}}'), 'value-text', broken],
    [withPayload('speed > {{x}}'), 'value-number', [1e21, 1e-9]],
  ];
  for (const [topic, problem, values] of refused) {
    it(`${topic}: ${problem}`, () => {
      for (const value of values) {
        assert.throws(
          () => fillAll(topic, value),
          (error: FlespiError) => error.code === 'FLESPI_BAD_TOPIC' && error.params['problem'] === problem,
          String(value),
        );
      }
    });
  }

  it('are shown with their value as JSON, whatever it is', () => {
    const loop: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    loop['loop'] = loop;
    /** [value, how the error shows it]. */
    const values: [unknown, string][] = [
      ['a/b', '"a/b"'],
      [[1, 2], '[1,2]'],
      [{ id: 1 }, '{"id":1}'],
      [10n, '[object BigInt]'],
      [loop, '[object Object]'],
    ];
    for (const [value, wanted] of values) {
      assert.throws(
        () => fillAll('a/{{x}}', value),
        (error: FlespiError) => error.params['value'] === wanted && error.params['place'] === '{{x}}',
      );
    }
  });

  it('never make a topic wider, nor a condition another one, whatever the value', () => {
    const value = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.double(), fc.integer(), fc.anything());
    const templates = [
      'a/{{x}}/b',
      '$share/{{x}}/a/{{x}}/b',
      '$filter/cid={{x}}/a',
      withPayload('n == {{x}}'),
      withPayload('n == "{{x}}" && m'),
    ];
    fc.assert(
      fc.property(fc.constantFrom(...templates), value, (template, given) => {
        let topic: string;
        try {
          topic = fillAll(template, given);
        } catch (error) {
          assert.ok(error instanceof FlespiError, String(error));
          return;
        }
        const shape = ({ share, filter, levels }: TopicParts): unknown => [
          share && Object.keys(share),
          filter && Object.keys(filter),
          levels.length,
          levels.map((level) => level.split(',').length),
          levels.some((level) => /[+#]/.test(level)),
        ];
        assert.deepEqual(shape(parseTopic(topic)), shape(parseTopic(fillAll(template, 1))));
        const payload = payloadOf(topic);
        if (payload !== undefined)
          assert.equal(withoutLiterals(payload), withoutLiterals(payloadOf(fillAll(template, 1))));
      }),
    );
  });

  it('stand for a number of their length in an expression that is checked', () => {
    assert.equal(withStandIns('a > {{flow.limit}} &&'), 'a > 1              &&');
    assert.throws(
      () => withPayload('speed > {{x}} &&'),
      (error: FlespiError) => error.params['column'] === 17,
    );
  });

  it('stay what they are when a topic is taken apart and built again', () => {
    for (const topic of [
      'flespi/message/gw/devices/{{payload.device}}',
      '$filter/cid={{flow.cid}}/flespi/message/gw/devices/+',
      '$filter/modified_since={{msg.since}}/a',
      withPayload('speed > {{limit}}'),
      '$share/{{env.GROUP}}/a',
    ]) {
      assert.equal(buildTopic(parseTopic(topic)), topic);
    }
  });
});
