import type { FilterLevel } from './topic-filter';

/**
 * Subscriptions by topic filter, as a tree over the levels. Finding all that match a topic costs what lies on its ways through
 * the tree, not how many there are. A comma list is one edge however long it is, found by each of its words.
 */
export class SubscriptionIndex<T> {
  readonly #root = new Node<T>();

  get isEmpty(): boolean {
    return this.#root.isEmpty;
  }

  add(levels: readonly FilterLevel[], item: T): void {
    let node = this.#root;
    for (const level of levels) {
      if (level === '#') {
        node.below.add(item);
        return;
      }
      node = node.grow(level);
    }
    node.here.add(item);
  }

  /** Removes an item, and the branches that only led to it. */
  delete(levels: readonly FilterLevel[], item: T): void {
    remove(this.#root, levels, 0, item);
  }

  /**
   * Visits each item whose filter matches, once. A wildcard at the first level does not match a topic that begins with `$`
   * [MQTT-4.7.2-1]; `a/#` matches `a` too.
   */
  match(topic: readonly string[], visit: (item: T) => void): void {
    find(this.#root, topic, 0, topic[0]?.startsWith('$') === true, visit);
  }
}

class Node<T> {
  /** Items whose filter ends here. */
  readonly here = new Set<T>();
  /** Items whose filter ends with `#` below this node. */
  readonly below = new Set<T>();
  readonly words = new Map<string, Node<T>>();
  any: Node<T> | undefined;
  /** List edges by their text, and the same edges under each of their words. */
  readonly lists = new Map<string, Node<T>>();
  readonly listsByWord = new Map<string, Set<Node<T>>>();

  get isEmpty(): boolean {
    return (
      this.here.size === 0 &&
      this.below.size === 0 &&
      this.words.size === 0 &&
      this.any === undefined &&
      this.lists.size === 0
    );
  }

  child(level: FilterLevel): Node<T> | undefined {
    if (typeof level !== 'string') return this.lists.get(level.join());
    return level === '+' ? this.any : this.words.get(level);
  }

  grow(level: FilterLevel): Node<T> {
    const known = this.child(level);
    if (known !== undefined) return known;
    const node = new Node<T>();
    if (level === '+') this.any = node;
    else if (typeof level === 'string') this.words.set(level, node);
    else {
      this.lists.set(level.join(), node);
      for (const word of level) {
        const edges = this.listsByWord.get(word);
        if (edges === undefined) this.listsByWord.set(word, new Set([node]));
        else edges.add(node);
      }
    }
    return node;
  }

  prune(level: FilterLevel): void {
    const node = this.child(level);
    if (node === undefined || !node.isEmpty) return;
    if (level === '+') this.any = undefined;
    else if (typeof level === 'string') this.words.delete(level);
    else {
      this.lists.delete(level.join());
      for (const word of level) {
        const edges = this.listsByWord.get(word);
        edges?.delete(node);
        if (edges?.size === 0) this.listsByWord.delete(word);
      }
    }
  }
}

function remove<T>(node: Node<T>, levels: readonly FilterLevel[], depth: number, item: T): void {
  const level = levels[depth];
  if (level === undefined) node.here.delete(item);
  else if (level === '#') node.below.delete(item);
  else {
    const child = node.child(level);
    if (child === undefined) return;
    remove(child, levels, depth + 1, item);
    node.prune(level);
  }
}

function find<T>(
  node: Node<T>,
  topic: readonly string[],
  depth: number,
  wordsOnly: boolean,
  visit: (item: T) => void,
): void {
  if (!wordsOnly) for (const item of node.below) visit(item);
  const word = topic[depth];
  if (word === undefined) {
    for (const item of node.here) visit(item);
    return;
  }
  const exact = node.words.get(word);
  if (exact !== undefined) find(exact, topic, depth + 1, false, visit);
  if (node.any !== undefined && !wordsOnly) find(node.any, topic, depth + 1, false, visit);
  const lists = node.listsByWord.get(word);
  if (lists !== undefined) for (const list of lists) find(list, topic, depth + 1, false, visit);
}
