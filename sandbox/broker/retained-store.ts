import type { Message } from './message';
import type { FilterLevel } from './topic-filter';

class Node {
  message: Message | undefined;
  readonly children = new Map<string, Node>();
}

/** The last retained message of each topic of one account, as a tree over the levels. */
class RetainedTopics {
  readonly #root = new Node();

  /** Gives what changed in number: 1, 0 or -1. */
  set(levels: readonly string[], message: Message): number {
    let node = this.#root;
    for (const level of levels) {
      let child = node.children.get(level);
      if (child === undefined) node.children.set(level, (child = new Node()));
      node = child;
    }
    const added = node.message === undefined ? 1 : 0;
    node.message = message;
    return added;
  }

  has(levels: readonly string[]): boolean {
    let node: Node | undefined = this.#root;
    for (const level of levels) node = node?.children.get(level);
    return node?.message !== undefined;
  }

  delete(levels: readonly string[]): number {
    const way: Node[] = [this.#root];
    for (const level of levels) {
      const child = way.at(-1)?.children.get(level);
      if (child === undefined) return 0;
      way.push(child);
    }
    const last = way.at(-1) as Node;
    if (last.message === undefined) return 0;
    last.message = undefined;
    for (let depth = levels.length; depth > 0; depth -= 1) {
      const node = way[depth] as Node;
      if (node.message !== undefined || node.children.size > 0) break;
      way[depth - 1]?.children.delete(levels[depth - 1] as string);
    }
    return -1;
  }

  match(filter: readonly FilterLevel[], visit: (message: Message) => void): void {
    find(this.#root, filter, 0, visit);
  }
}

function find(node: Node, filter: readonly FilterLevel[], depth: number, visit: (message: Message) => void): void {
  const level = filter[depth];
  if (level === undefined) {
    if (node.message !== undefined) visit(node.message);
  } else if (level === '#') {
    if (node.message !== undefined) visit(node.message);
    for (const [word, child] of node.children) if (!isHidden(word, depth)) visitAll(child, visit);
  } else if (level === '+') {
    for (const [word, child] of node.children) if (!isHidden(word, depth)) find(child, filter, depth + 1, visit);
  } else {
    for (const word of typeof level === 'string' ? [level] : level) {
      const child = node.children.get(word);
      if (child !== undefined) find(child, filter, depth + 1, visit);
    }
  }
}

function visitAll(node: Node, visit: (message: Message) => void): void {
  if (node.message !== undefined) visit(node.message);
  for (const child of node.children.values()) visitAll(child, visit);
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
    this.#size += account.set(message.levels, message);
    return true;
  }

  /** What an account sees under the filter: its own messages and, with `recursive`, those of its subaccounts. */
  match(cid: number, filter: readonly FilterLevel[], recursive: boolean): Message[] {
    const found: Message[] = [];
    const expired: Message[] = [];
    const now = this.now();
    for (const [owner, topics] of this.#accounts) {
      if (owner !== cid && !(recursive && this.lineage(owner).includes(cid))) continue;
      topics.match(filter, (message) => (message.isExpired(now) ? expired : found).push(message));
    }
    for (const message of expired) this.remove(message);
    return found;
  }

  remove(message: Message): void {
    this.#size += this.#accounts.get(message.publication.cid)?.delete(message.levels) ?? 0;
  }
}
