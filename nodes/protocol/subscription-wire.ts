import type { SubscriptionShare } from './subscription-share';
import { bareFilter, TopicTree } from './topic-match';

/** One SUBSCRIBE: whom the retained messages that it brings are for. */
export class RetainedRound {
  /** Topics that came, so that on a link without identifiers each is passed on once; `undefined` when it is over. */
  #seen: Set<string> | undefined = new Set();
  #lastAt: number;

  constructor(
    readonly wire: SubscriptionWire,
    /** Of this SUBSCRIBE; `undefined` where there are none. */
    readonly identifier: number | undefined,
    /** Those who had no retained values yet, and want them. */
    readonly audience: ReadonlySet<SubscriptionShare>,
    now: number,
  ) {
    this.#lastAt = now;
  }

  /**
   * For links without identifiers: whether a retained message of this topic belongs to this SUBSCRIBE. A guess by time: a
   * round is over when nothing of it came for two seconds.
   */
  takes(topic: string, now: number): boolean {
    if (!this.#seen) return false;
    if (now - this.#lastAt > 2000 || this.#seen.size > 100_000) {
      this.#seen = undefined;
      return false;
    }
    if (this.#seen.has(topic)) return false;
    this.#seen.add(topic);
    this.#lastAt = now;
    return true;
  }
}

/** Rounds that are remembered: messages that carry the identifier of an earlier one may still be on the way. */
const mostRounds = 8;

/**
 * A subscription as the broker has it, or shall have it. There is at most one per filter: a second SUBSCRIBE with the same
 * filter replaces the first [MQTT-3.8.4-3].
 */
export class SubscriptionWire {
  /** Those who take part; also one that has departed, during its grace time. */
  readonly shares = new Set<SubscriptionShare>();
  /** Those who have not been part of an answered SUBSCRIBE yet. */
  readonly newcomers = new Set<SubscriptionShare>();
  /** The latest last. */
  rounds: RetainedRound[] = [];
  status: 'wanted' | 'asking' | 'granted' | 'refused' = 'wanted';
  /** Whether the broker has it, as far as is known: then a SUBSCRIBE is a repetition. */
  known = false;
  grantedQos: 0 | 1 = 0;
  /** What the latest SUBSCRIBE asked for. */
  asked: { qos: 0 | 1; noLocal: boolean } | undefined;
  /** A link was lost while this was asked for: it is asked for alone, to see whether it is the reason. */
  suspect = false;
  /** Links lost while this was asked for alone. */
  strikes = 0;
  /** It has no prefix whose conditions could keep a message of its topic away. */
  readonly plain: boolean;
  /** `$share/...`: the broker gives each message to one member of the group, and the members here do the same. */
  readonly group: boolean;
  readonly #tree = new TopicTree<true>();
  #turn = 0;

  /** @param filter as it goes to the broker */
  constructor(readonly filter: string) {
    this.group = filter.startsWith('$share/');
    this.plain = bareFilter(filter) === filter;
    this.#tree.add(filter, true);
  }

  get qos(): 0 | 1 {
    for (const share of this.shares) if (share.request.qos === 1) return 1;
    return 0;
  }

  /** Only when everybody asks for it, and never for a group [MQTT-3.8.3-4]. */
  get noLocal(): boolean {
    return !this.group && [...this.shares].every(({ request }) => request.noLocal === true);
  }

  /** Somebody wants more than was asked for. */
  get outdated(): boolean {
    return this.asked !== undefined && (this.qos > this.asked.qos || this.noLocal !== this.asked.noLocal);
  }

  matches(topic: string): boolean {
    return this.#tree.match(topic).length > 0;
  }

  remember(round: RetainedRound): RetainedRound | undefined {
    this.rounds.push(round);
    return this.rounds.length > mostRounds ? this.rounds.shift() : undefined;
  }

  /** Whose turn it is in a group that has several members on this connection. */
  member(topic: string): SubscriptionShare | undefined {
    const members = [...this.shares];
    const here = members.filter(({ departed }) => !departed);
    const among = here.length > 0 ? here : members;
    this.#turn = (this.#turn + 1) % Math.max(1, among.length);
    return among[stickyHash(this.filter, topic) % among.length] ?? among[this.#turn];
  }
}

/**
 * A number from the levels that a sticky group keeps together: `$share/{name}:{count}/` or `$share/{name}:{from}:{count}/`
 * (flespi: sticky subscriptions). Not a number for a plain group.
 */
function stickyHash(filter: string, topic: string): number {
  const numbers = (filter.split('/', 2)[1] ?? '').split(':').slice(1).map(Number);
  if (numbers.length === 0) return Number.NaN;
  const [from, count] = numbers.length === 1 ? [0, numbers[0]] : numbers;
  const kept = topic.split('/').slice(from, (from ?? 0) + (count ?? 1));
  let hash = 0;
  for (const character of kept.join('/')) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return hash;
}
