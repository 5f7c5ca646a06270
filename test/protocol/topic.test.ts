import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { FlespiError } from '../../nodes/protocol/flespi-error';
import { buildTopic, checkTopic, checkTopicName, parseTopic, type TopicParts } from '../../nodes/protocol/topic';

const devices = ['flespi', 'message', 'gw', 'devices', '+'];

/** [topic as flespi's documents print it, its parts]: flespi "MQTT" (Topic filtering), shared and sticky subscriptions. */
const documented: [string, TopicParts][] = [
  ['flespi/message/gw/devices/+', { levels: devices }],
  ['flespi/state/gw/devices/+/telemetry/#', { levels: ['flespi', 'state', 'gw', 'devices', '+', 'telemetry', '#'] }],
  ['$filter/cid=123/flespi/message/gw/devices/+', { filter: { cid: 123 }, levels: devices }],
  [
    '$filter/modified_since=1700000000/flespi/message/gw/devices/+',
    { filter: { modifiedSince: 1_700_000_000 }, levels: devices },
  ],
  [
    '$filter/payload=tonumber(payload)%3E14/flespi/state/gw/devices/+/telemetry/battery.voltage',
    {
      filter: { payload: 'tonumber(payload)>14' },
      levels: ['flespi', 'state', 'gw', 'devices', '+', 'telemetry', 'battery.voltage'],
    },
  ],
  [
    '$filter/payload=position.speed%3E60/flespi/message/gw/devices/+',
    { filter: { payload: 'position.speed>60' }, levels: devices },
  ],
  [
    '$filter/message=(topics%5B1%5D%3D%3D%22kitchen%22%7C%7Ctopics%5B1%5D%3D%3D%22hall%22)%26%26tonumber(%22payload%22)%3C20/temperature/+',
    {
      filter: { message: '(topics[1]=="kitchen"||topics[1]=="hall")&&tonumber("payload")<20' },
      levels: ['temperature', '+'],
    },
  ],
  [
    '$filter/message=cid%3D%3D123%26%26tonumber(payload)%3E10/some/topic',
    { filter: { message: 'cid==123&&tonumber(payload)>10' }, levels: ['some', 'topic'] },
  ],
  [
    '$filter/payload=position.speed%3E60%26%26engine.ignition.status&cid=7/flespi/message/gw/devices/+',
    { filter: { payload: 'position.speed>60&&engine.ignition.status', cid: 7 }, levels: devices },
  ],
  [
    'flespi/state/gw/devices/123,456/connected',
    { levels: ['flespi', 'state', 'gw', 'devices', '123,456', 'connected'] },
  ],
  [
    'flespi/interval/gw/calcs/1,2/devices/3,4/deleted,created',
    { levels: ['flespi', 'interval', 'gw', 'calcs', '1,2', 'devices', '3,4', 'deleted,created'] },
  ],
  ['flespi/state,message/gw/devices/+', { levels: ['flespi', 'state,message', 'gw', 'devices', '+'] }],
  ['$share/workers/flespi/message/gw/devices/+', { share: { group: 'workers' }, levels: devices }],
  [
    '$share/by_ident:6/flespi/message/gw/channels/+/+',
    { share: { group: 'by_ident', sticky: { count: 6 } }, levels: ['flespi', 'message', 'gw', 'channels', '+', '+'] },
  ],
  [
    '$share/by_device:4:1/flespi/+/gw/devices/+/#',
    {
      share: { group: 'by_device', sticky: { from: 4, count: 1 } },
      levels: ['flespi', '+', 'gw', 'devices', '+', '#'],
    },
  ],
  [
    '$share/workers/$filter/cid=123/flespi/message/gw/devices/+',
    { share: { group: 'workers' }, filter: { cid: 123 }, levels: devices },
  ],
];

/** Other spellings of the same: [pasted, what is built of its parts]. */
const respelled: [string, string][] = [
  [
    '$filter/payload=tonumber%28payload%29%3E14/flespi/state/gw/devices/+/telemetry/battery.voltage',
    '$filter/payload=tonumber(payload)%3E14/flespi/state/gw/devices/+/telemetry/battery.voltage',
  ],
  [
    '$filter/payload=tonumber(payload)>14/flespi/state/gw/devices/+/telemetry/battery.voltage',
    '$filter/payload=tonumber(payload)%3E14/flespi/state/gw/devices/+/telemetry/battery.voltage',
  ],
  ['$filter/modified_since>1700000000/a/b', '$filter/modified_since=1700000000/a/b'],
  ['  flespi/message/gw/devices/1\n', 'flespi/message/gw/devices/1'],
  ['$filter/payload=a&&b&cid=5/x/y', '$filter/payload=a%26%26b&cid=5/x/y'],
  ['$filter/cid=5&payload=a+b>1/x/y', '$filter/payload=a%2Bb%3E1&cid=5/x/y'],
  ['$filter/payload=counter%2==0/x', '$filter/payload=counter%252%3D%3D0/x'],
  ['$filter/message=cid==1&cid=5/x', '$filter/message=cid%3D%3D1&cid=5/x'],
];

describe('topic', () => {
  for (const [topic, parts] of documented) {
    it(`builds and parses ${topic}`, () => {
      assert.equal(buildTopic(parts), topic);
      assert.deepEqual(parseTopic(topic), parts);
    });
  }

  for (const [pasted, canonical] of respelled) {
    it(`reads ${pasted.trim()}`, () => assert.equal(buildTopic(parseTopic(pasted)), canonical));
  }

  it('gives back every expression, group and list that it was built from', () => {
    const word = fc.stringMatching(/^[\w.:-]{1,12}$/);
    const list = fc.uniqueArray(word, { minLength: 1, maxLength: 4 }).map((words) => words.join(','));
    // Comparisons of a parameter with any text: the text holds whatever has a meaning in topics and filters.
    const expression = fc
      .string({
        unit: fc.constantFrom('/', '+', '#', '&', '=', '%', '"', "'", '(', ')', '$', 'a', 'é', '😀', ' ', ',', '>'),
      })
      .map((text) => `x == "${text.replaceAll('"', '')}"`);
    const parts = fc.record<TopicParts>(
      {
        share: fc.record(
          {
            group: fc.stringMatching(/^[a-z_]{1,9}$/),
            sticky: fc.record(
              { from: fc.nat(9), count: fc.integer({ min: 1, max: 9 }) },
              { requiredKeys: ['count'], noNullPrototype: true },
            ),
          },
          { requiredKeys: ['group'], noNullPrototype: true },
        ),
        filter: fc
          .record(
            { cid: fc.integer({ min: 1 }), modifiedSince: fc.nat(), payload: expression, message: expression },
            { requiredKeys: [], noNullPrototype: true },
          )
          .filter((filter) => Object.keys(filter).length > 0),
        levels: fc.array(fc.oneof(list, fc.constant('+')), { minLength: 1, maxLength: 6 }),
      },
      { requiredKeys: ['levels'], noNullPrototype: true },
    );
    fc.assert(
      fc.property(parts, (parts) => {
        const topic = buildTopic(parts);
        assert.deepEqual(parseTopic(topic), parts);
        assert.equal(buildTopic(parseTopic(topic)), topic);
        assert.equal(checkTopic(topic), undefined);
      }),
    );
  });

  it('never throws anything but a FlespiError at pasted text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('', '$share/', '$filter/', '$filter/payload='),
        (text, prefix) => {
          try {
            parseTopic(prefix + text);
          } catch (error) {
            assert.ok(error instanceof FlespiError, String(error));
            assert.equal(error.code, 'FLESPI_BAD_TOPIC');
          }
        },
      ),
    );
  });

  /** reliability row S16 and what closes a shared connection: [filter, problem]. */
  const poison: [string, string][] = [
    ['', 'empty'],
    ['a/#/b', 'rest-not-last'],
    ['a+', 'wildcard-in-word'],
    ['a/b#', 'wildcard-in-word'],
    ['a/+b/c', 'wildcard-in-word'],
    ['a\u0000b', 'control'],
    ['a\tb', 'control'],
    [`a/${'x'.repeat(70_000)}`, 'long'],
    ['a/\ud800', 'half-character'],
    ['\udc00/a', 'half-character'],
    ['$share/g', 'no-levels'],
    ['$share//a', 'group'],
    ['$share/+/a', 'group'],
    ['$filter/cid=1', 'no-levels'],
    ['$filter//a', 'no-condition'],
    ['$filter/payload=a#b/x', 'raw-wildcard'],
    ['$filter/cid=1/$share/g/a', 'order'],
    ['$filter/cid=1/$filter/cid=2/a', 'order'],
    ['flespi/message//devices', 'empty-level'],
    ['flespi/state/gw/devices/1,,2', 'empty-entry'],
    ['flespi/state/gw/devices/1,+', 'wildcard-in-word'],
  ];
  for (const [filter, problem] of poison) {
    it(`refuses ${JSON.stringify(filter.slice(0, 40))} before the wire`, () => {
      const error = checkTopic(filter);
      assert.equal(error?.code, 'FLESPI_BAD_TOPIC');
      assert.equal(error?.params['problem'], problem);
      assert.ok(String(error?.params['topic']).length < 150, 'no error grows with its input');
    });
  }

  for (const topic of ['/a', 'a//b', '$SYS/broker', 'a b/ü', 'temperature/+', '#']) {
    it(`lets ${topic} pass: legal in MQTT`, () => assert.equal(checkTopic(topic), undefined));
  }

  it('publishes to no wildcard', () => {
    for (const topic of ['a/#', 'a/+/b', 'a+', '', 'a\u0000'])
      assert.equal(checkTopicName(topic)?.code, 'FLESPI_BAD_TOPIC');
    assert.equal(checkTopicName('flespi/rest/get/gw/devices/all?fields=id'), undefined);
  });

  const unbuildable: [string, TopicParts][] = [
    ['a slash in a level', { levels: ['a/b'] }],
    ['no levels', { levels: [] }],
    ['a prefix as a level', { levels: ['$filter', 'cid=1', 'a'] }],
    ['a group with a colon', { share: { group: 'a:1' }, levels: ['a'] }],
    ['a sticky group of no level', { share: { group: 'a', sticky: { count: 0 } }, levels: ['a'] }],
    ['a subaccount of 0', { filter: { cid: 0 }, levels: ['a'] }],
    ['a subaccount that is no id', { filter: { cid: 1.5 }, levels: ['a'] }],
    ['a time before 1970', { filter: { modifiedSince: -1 }, levels: ['a'] }],
    ['no time', { filter: { modifiedSince: Number.NaN }, levels: ['a'] }],
  ];
  for (const [what, parts] of unbuildable) {
    it(`refuses ${what}`, () => {
      assert.throws(() => buildTopic(parts), { name: 'FlespiError', code: 'FLESPI_BAD_TOPIC' });
    });
  }

  it('finds mistakes in expressions, with the column', () => {
    assert.throws(
      () => buildTopic({ filter: { payload: 'position.speed > ' }, levels: ['a'] }),
      (error: FlespiError) => error.code === 'FLESPI_BAD_EXPRESSION' && typeof error.params['column'] === 'number',
    );
    assert.throws(() => buildTopic({ filter: { message: '' }, levels: ['a'] }), { code: 'FLESPI_BAD_EXPRESSION' });
  });
});
