import { isExpired, type Message } from './message';
import type { Publication } from './publication';
import type { FilterLevel } from './topic-filter';

/** There is one for each retained message, of which a fleet has millions: it holds no more than it must. */
class Node {
  publication: Publication | undefined;
  /** Never empty. */
  children: Map<string, Node> | undefined;
}

type Visit = (publication: Publication) => void;

/** The last retained message of each topic of one account, as a tree over the levels. */
class RetainedTopics {
  readonly #root = new Node();

  /** Gives what changed in number: 1, 0 or -1. */
  set(levels: readonly string[], publication: Publication): number {
    let node = this.#root;
    for (const level of levels) {
      node.children ??= new Map();
      let child = node.children.get(level);
      if (child === undefined) node.children.set(level, (child = new Node()));
      node = child;
    }
    const added = node.publication === undefined ? 1 : 0;
    node.publication = publication;
    return added;
  }

  has(levels: readonly string[]): boolean {
    let node: Node | undefined = this.#root;
    for (const level of levels) node = node?.children?.get(level);
    return node?.publication !== undefined;
  }

  delete(levels: readonly string[]): number {
    const way: Node[] = [this.#root];
    for (const level of levels) {
      const child = way.at(-1)?.children?.get(level);
      if (child === undefined) return 0;
      way.push(child);
    }
    const last = way.at(-1) as Node;
    if (last.publication === undefined) return 0;
    last.publication = undefined;
    for (let depth = levels.length; depth > 0; depth -= 1) {
      const node = way[depth] as Node;
      if (node.publication !== undefined || node.children !== undefined) break;
      const parent = way[depth - 1] as Node;
      parent.children?.delete(levels[depth - 1] as string);
      if (parent.children?.size === 0) parent.children = undefined;
    }
    return -1;
  }

  match(filter: readonly FilterLevel[], visit: Visit): void {
    find(this.#root, filter, 0, visit);
  }
}

function find(node: Node, filter: readonly FilterLevel[], depth: number, visit: Visit): void {
  const level = filter[depth];
  if (level === undefined) {
    if (node.publication !== undefined) visit(node.publication);
  } else if (level === '#') {
    if (node.publication !== undefined) visit(node.publication);
    for (const [word, child] of node.children ?? []) if (!isHidden(word, depth)) visitAll(child, visit);
  } else if (level === '+') {
    for (const [word, child] of node.children ?? []) if (!isHidden(word, depth)) find(child, filter, depth + 1, visit);
  } else {
    for (const word of typeof level === 'string' ? [level] : level) {
      const child = node.children?.get(word);
      if (child !== undefined) find(child, filter, depth + 1, visit);
    }
  }
}

function visitAll(node: Node, visit: Visit): void {
  if (node.publication !== undefined) visit(node.publication);
  for (const child of node.children?.values() ?? []) visitAll(child, visit);
}

/** Wildcards at the first level do not match what begins with `$` [MQTT-4.7.2-1]. */
function isHidden(word: string, depth: number): boolean {
  return depth === 0 && word.startsWith('$');
}

/** Retained messages of all accounts, by the account of their publisher. */
export class RetainedStore {
  readonly #accounts = new Map<number, RetainedTopics>();
  #size = 0;

  constructor(
    private readonly largest: number,
    private readonly lineage: (cid: number) => readonly number[],
    private readonly now: () => number,
  ) {}

  get size(): number {
    return this.#size;
  }

  /** Keeps the message as the last one of its topic; one without a payload removes it [MQTT-3.3.1-6]. False when the store is full. */
  keep(message: Message): boolean {
    const { cid, payload } = message.publication;
    const topics = this.#accounts.get(cid);
    if (payload.length === 0) {
      this.#size += topics?.delete(message.levels) ?? 0;
      return true;
    }
    if (this.#size >= this.largest && topics?.has(message.levels) !== true) return false;
    const account = topics ?? new RetainedTopics();
    this.#accounts.set(cid, account);
    this.#size += account.set(message.levels, message.publication);
    return true;
  }

  /** What an account sees under the filter: its own messages and, with `recursive`, those of its subaccounts. */
  match(cid: number, filter: readonly FilterLevel[], recursive: boolean): Publication[] {
    const found: Publication[] = [];
    const expired: Publication[] = [];
    const now = this.now();
    for (const [owner, topics] of this.#accounts) {
      if (owner !== cid && !(recursive && this.lineage(owner).includes(cid))) continue;
      topics.match(filter, (publication) => (isExpired(publication, now) ? expired : found).push(publication));
    }
    for (const publication of expired) this.remove(publication);
    return found;
  }

  remove({ cid, topic }: Publication): void {
    this.#size += this.#accounts.get(cid)?.delete(topic.split('/')) ?? 0;
  }
}
