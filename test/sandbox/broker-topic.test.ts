import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Message } from '../../sandbox/broker/message';
import { RetainedStore } from '../../sandbox/broker/retained-store';
import { SubscriptionIndex } from '../../sandbox/broker/subscription-index';
import { isTopicName, parseTopicFilter, type FilterLevel } from '../../sandbox/broker/topic-filter';

/** Matching as the specification tells it, level by level (section 4.7); of lists it knows nothing. */
function matches(filter: string, topic: string): boolean {
  const levels = filter.split('/');
  const words = topic.split('/');
  if (words[0]?.startsWith('$') === true && (levels[0] === '+' || levels[0] === '#')) return false;
  for (const [index, level] of levels.entries()) {
    if (level === '#') return words.length >= index;
    if (index >= words.length || (level !== '+' && level !== words[index])) return false;
  }
  return levels.length === words.length;
}

/** A filter with lists as all filters that it stands for. */
function expand(filter: string): string[] {
  let filters = [[] as string[]];
  for (const level of filter.split('/'))
    filters = filters.flatMap((head) => level.split(',').map((word) => [...head, word]));
  return filters.map((levels) => levels.join('/'));
}

const word = fc.constantFrom('a', 'b', 'c', '', '$s', 'ä');
const topicArbitrary = fc
  .array(word, { minLength: 1, maxLength: 5 })
  .map((words) => words.join('/'))
  .filter((topic) => topic !== '');
const list = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join());
const level = fc.oneof({ weight: 3, arbitrary: word }, { weight: 2, arbitrary: list }, fc.constant('+'));
const filterArbitrary = fc
  .tuple(fc.array(level, { minLength: 0, maxLength: 5 }), fc.boolean())
  .map(([levels, below]) => [...levels, ...(below ? ['#'] : [])].join('/'))
  .filter((filter) => filter !== '');

const parse = (filter: string): readonly FilterLevel[] => {
  const levels = parseTopicFilter(filter);
  assert.ok(levels, filter);
  return levels;
};
const messageOf = (topic: string): Message =>
  new Message({ topic, payload: Buffer.from('x'), qos: 0, retain: true, cid: 1, timestamp: 0, userProperties: {} });

describe('broker: topics', () => {
  const cases: [string, string, boolean][] = [
    ['sport/tennis/player1/#', 'sport/tennis/player1', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
    ['sport/#', 'sport', true],
    ['#', 'a', true],
    ['#', '/', true],
    ['sport/+', 'sport', false],
    ['sport/+', 'sport/', true],
    ['+/+', '/finance', true],
    ['/+', '/finance', true],
    ['+', '/finance', false],
    ['#', '$SYS/x', false],
    ['+/monitor/Clients', '$SYS/monitor/Clients', false],
    ['$SYS/#', '$SYS/', true],
    ['flespi/state/gw/devices/123,456/connected', 'flespi/state/gw/devices/456/connected', true],
    ['flespi/state/gw/devices/123,456/connected', 'flespi/state/gw/devices/45/connected', false],
    ['flespi/interval/gw/calcs/1,2/devices/3,4/deleted,created', 'flespi/interval/gw/calcs/2/devices/3/created', true],
    ['flespi/interval/gw/calcs/1,2/devices/3,4/deleted,created', 'flespi/interval/gw/calcs/2/devices/3/updated', false],
    [
      'flespi/state/gw/devices/+/telemetry/position,battery.level',
      'flespi/state/gw/devices/9/telemetry/battery.level',
      true,
    ],
    ['flespi/state,message/gw/#', 'flespi/message/gw', true],
    ['a,b', 'a,b', false],
  ];
  for (const [filter, topic, expected] of cases) {
    it(`${filter} ${expected ? 'matches' : 'does not match'} ${topic}`, () => {
      const index = new SubscriptionIndex<string>();
      index.add(parse(filter), 'found');
      const found: string[] = [];
      index.match(topic.split('/'), (item) => found.push(item));
      assert.deepEqual(found, expected ? ['found'] : []);
    });
  }

  for (const [topic, expected] of [
    ['', false],
    ['a', true],
    ['/', true],
    ['a/+', false],
    ['a/#', false],
    ['a+b', false],
    ['a\0', false],
    ['a,b', true],
    ['ä ö/$x', true],
  ] as const) {
    it(`${JSON.stringify(topic)} ${expected ? 'is' : 'is not'} a topic to publish to`, () =>
      assert.equal(isTopicName(topic), expected));
  }

  it('a subscription matches what the union of its expansions matches', () => {
    fc.assert(
      fc.property(
        fc.array(filterArbitrary, { maxLength: 20 }),
        fc.array(topicArbitrary, { minLength: 1, maxLength: 10 }),
        (filters, topics) => {
          const index = new SubscriptionIndex<number>();
          for (const [id, filter] of filters.entries()) index.add(parse(filter), id);
          for (const topic of topics) {
            const found: number[] = [];
            index.match(topic.split('/'), (id) => found.push(id));
            const wanted = [...filters.keys()].filter((id) =>
              expand(filters[id] as string).some((plain) => matches(plain, topic)),
            );
            // Sorted, and so also: each of them once.
            assert.deepEqual(
              found.sort((a, b) => a - b),
              wanted,
            );
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('an index forgets what is deleted, and is empty in the end', () => {
    fc.assert(
      fc.property(
        fc.array(filterArbitrary, { minLength: 1, maxLength: 20 }),
        topicArbitrary,
        fc.nat(),
        (filters, topic, seed) => {
          const index = new SubscriptionIndex<number>();
          for (const [id, filter] of filters.entries()) index.add(parse(filter), id);
          const order = [...filters.keys()].sort((a, b) => ((a + seed) % 7) - ((b + seed) % 7));
          const left = new Set(order);
          for (const id of order) {
            index.delete(parse(filters[id] as string), id);
            left.delete(id);
            const found = new Set<number>();
            index.match(topic.split('/'), (item) => found.add(item));
            const wanted = [...left].filter((item) =>
              expand(filters[item] as string).some((plain) => matches(plain, topic)),
            );
            assert.deepEqual(found, new Set(wanted));
          }
          assert.ok(index.isEmpty);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('the retained store finds what the same filter would have matched live', () => {
    fc.assert(
      fc.property(
        fc.array(topicArbitrary, { maxLength: 20 }),
        fc.array(topicArbitrary, { maxLength: 5 }),
        filterArbitrary,
        (topics, removed, filter) => {
          const store = new RetainedStore(
            1000,
            (cid) => [cid],
            () => 0,
          );
          for (const topic of topics) store.keep(messageOf(topic));
          for (const topic of removed) store.remove(messageOf(topic).publication);
          const kept = [...new Set(topics)].filter((topic) => !removed.includes(topic));
          const found = store.match(1, parse(filter), true).map(({ topic }) => topic);
          const wanted = kept.filter((topic) => expand(filter).some((plain) => matches(plain, topic)));
          assert.deepEqual(found.sort(), wanted.sort());
          assert.equal(store.size, kept.length);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('the retained store has a bound, and still replaces and removes at it', () => {
    const store = new RetainedStore(
      2,
      (cid) => [cid],
      () => 0,
    );
    assert.ok(store.keep(messageOf('a')));
    assert.ok(store.keep(messageOf('b')));
    assert.ok(!store.keep(messageOf('c')));
    assert.ok(store.keep(messageOf('a')));
    store.remove(messageOf('b').publication);
    assert.ok(store.keep(messageOf('c')));
    assert.equal(store.size, 2);
  });

  it('a list of many words is one branch, not one for each of their combinations', () => {
    const ids = Array.from({ length: 5000 }, (_, id) => id).join();
    const index = new SubscriptionIndex<string>();
    const started = performance.now();
    index.add(parse(`a/${ids}/b/${ids}/c/${ids}`), 'found');
    const found: string[] = [];
    index.match('a/4999/b/0/c/2500'.split('/'), (item) => found.push(item));
    assert.deepEqual(found, ['found']);
    assert.ok(performance.now() - started < 3000);
  });
});
