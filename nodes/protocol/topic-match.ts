/** One level of the tree. A list (`1,2`) leads from several words to one node, so that lists do not multiply. */
class Level<Value> {
  readonly words = new Map<string, Level<Value>[]>();
  any: Level<Value> | undefined;
  /** Of the filters that end here. */
  readonly here: Value[] = [];
  /** Of the filters that end in `#` here. */
  readonly below: Value[] = [];
  /** Words that only this level leads to may be shared by further filters; a list's may not. */
  constructor(readonly shared: boolean) {}
}

/**
 * Which of many topic filters match a topic: a tree by level, for messages that do not say it themselves (MQTT 3.1.1, or a
 * broker without subscription identifiers). Knows `+`, `#`, flespi's comma lists, and looks through `$share/.../` and
 * `$filter/.../`. A condition of `$filter` cannot be told from the topic: it counts as met.
 */
export class TopicTree<Value> {
  readonly #root = new Level<Value>(true);

  add(filter: string, value: Value): void {
    let at = this.#root;
    const levels = bareFilter(filter).split('/');
    for (const level of levels) {
      if (level === '#') {
        at.below.push(value);
        return;
      }
      at = level === '+' ? (at.any ??= new Level<Value>(true)) : step(at, level);
    }
    at.here.push(value);
  }

  /** Each value at most once. */
  match(topic: string): Value[] {
    const found: Value[] = [];
    collect(this.#root, topic.split('/'), 0, found);
    return found;
  }
}

function step<Value>(from: Level<Value>, level: string): Level<Value> {
  const words = new Set(level.split(','));
  if (words.size === 1) {
    const known = from.words.get(level)?.find(({ shared }) => shared);
    if (known) return known;
  }
  const next = new Level<Value>(words.size === 1);
  for (const word of words) {
    const nodes = from.words.get(word);
    if (nodes) nodes.push(next);
    else from.words.set(word, [next]);
  }
  return next;
}

function collect<Value>(at: Level<Value>, topic: readonly string[], depth: number, found: Value[]): void {
  // [MQTT-4.7.2-1]: a wildcard in the first level does not reach topics that begin with `$`.
  const wild = depth > 0 || !(topic[0] ?? '').startsWith('$');
  if (wild) found.push(...at.below);
  if (depth === topic.length) {
    found.push(...at.here);
    return;
  }
  for (const next of at.words.get(topic[depth] ?? '') ?? []) collect(next, topic, depth + 1, found);
  if (wild && at.any) collect(at.any, topic, depth + 1, found);
}

/** The filter without `$share/{group}/` and `$filter/{conditions}/`: messages come with their plain topic. */
export function bareFilter(filter: string): string {
  return filter.replace(/^\$share\/[^/]*\//, '').replace(/^\$filter\/[^/]*\//, '');
}

/** Whether one filter matches a topic. */
export function matchesTopic(filter: string, topic: string): boolean {
  const tree = new TopicTree<true>();
  tree.add(filter, true);
  return tree.match(topic).length > 0;
}
