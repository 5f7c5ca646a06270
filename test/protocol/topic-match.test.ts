import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { bareFilter, matchesTopic, TopicTree } from '../../nodes/protocol/topic-match';

const cases: [filter: string, topic: string, matches: boolean][] = [
  ['a/b', 'a/b', true],
  ['a/b', 'a/c', false],
  ['a/b', 'a/b/c', false],
  ['a/+', 'a/b', true],
  ['a/+', 'a', false],
  ['a/+', 'a/', true],
  ['+/b', 'a/b', true],
  ['a/#', 'a', true], // [MQTT-4.7.1.2]: "#" includes the parent level
  ['a/#', 'a/b/c', true],
  ['#', 'a/b', true],
  ['#', '$SYS/x', false],
  ['+/x', '$SYS/x', false],
  ['$SYS/#', '$SYS/x', true],
  ['/+', '/a', true],
  ['flespi/state/gw/devices/123,456/connected', 'flespi/state/gw/devices/456/connected', true],
  ['flespi/state/gw/devices/123,456/connected', 'flespi/state/gw/devices/7/connected', false],
  ['x/1,2/3,4/deleted,created', 'x/2/3/created', true],
  ['x/1,2/3,4/deleted,created', 'x/2/5/created', false],
  ['x/1,1', 'x/1', true],
  ['$share/g/a/+', 'a/b', true],
  ['$share/by:4:1/$filter/cid=1/flespi/+', 'flespi/x', true],
  ['$filter/payload=x%3E1&cid=2/a/#', 'a/b', true],
];

describe('topic matching', () => {
  for (const [filter, topic, matches] of cases) {
    it(`${filter} ${matches ? 'matches' : 'does not match'} ${topic}`, () => {
      assert.equal(matchesTopic(filter, topic), matches);
    });
  }

  it('finds in a tree of many filters what it finds one by one, each once', () => {
    const word = fc.constantFrom('a', 'b', 'c', '$d', '');
    const level = fc.oneof(
      word,
      fc.constant('+'),
      fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 2, maxLength: 3 }).map(String),
    );
    const filter = fc
      .tuple(
        fc.constantFrom('', '$share/g/', '$filter/cid=1/'),
        fc.array(level, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
      )
      .map(([prefix, levels, rest]) => prefix + [...levels, ...(rest ? ['#'] : [])].join('/'));
    const topic = fc.array(word, { minLength: 1, maxLength: 5 }).map((levels) => levels.join('/'));
    fc.assert(
      fc.property(fc.array(filter, { maxLength: 12 }), topic, (filters, topic) => {
        const tree = new TopicTree<number>();
        filters.forEach((filter, index) => tree.add(filter, index));
        const wanted = filters.flatMap((filter, index) => (plainMatch(bareFilter(filter), topic) ? [index] : []));
        assert.deepEqual(
          tree.match(topic).sort((a, b) => a - b),
          wanted,
        );
      }),
    );
  });
});

/** The rules of MQTT 5 section 4.7 again, as a regular expression: slow, and written independently. */
function plainMatch(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false;
  const pattern = filter
    .split('/')
    .map((level) =>
      level === '+'
        ? '[^/]*'
        : level === '#'
          ? '.*'
          : `(?:${level
              .split(',')
              .map((word) => word.replace('$', '\\$'))
              .join('|')})`,
    )
    .join('/')
    .replace(/\/\.\*$/, '(?:/.*)?');
  return new RegExp(`^${pattern}$`, 's').test(topic);
}
