import { parseConditions, publishedBy, type Condition, type ConditionContext } from './filter-condition';
import type { Session } from './session';
import { parseTopicFilter, type FilterLevel } from './topic-filter';

/** A subscription topic taken apart. */
export interface SubscriptionTopic {
  readonly share?: ShareName;
  /** All of them must hold. */
  readonly conditions: readonly Condition[];
  readonly levels: readonly FilterLevel[];
  /** The levels as text, which is what access control decides on. */
  readonly filter: string;
}

export interface ShareName {
  /** Sticky groups: messages that agree in these levels of their topic go to the same member. */
  readonly sticky?: { readonly from: number; readonly count: number };
}

/** What a session asked for, and how it wants it delivered. */
export interface Subscription extends SubscriptionTopic {
  readonly session: Session;
  /** As it was sent; the key within the session [MQTT-3.8.4-3]. */
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: number;
  readonly identifier?: number | undefined;
}

/**
 * Reads `[$share/{group}/][$filter/{conditions}/]{topic filter}` (flespi: "MQTT load balancing with shared subscriptions", "flespi API
 * basics"). `undefined` for an invalid one.
 */
export function parseSubscriptionTopic(
  text: string,
  context: ConditionContext & { cid?: string | undefined; topicLevels: number },
): SubscriptionTopic | undefined {
  let rest = text;
  let share: ShareName | undefined;
  const conditions: Condition[] = [];
  if (isPrefixed(rest, '$share')) {
    const [name, topic] = splitPrefix(rest);
    share = parseShareName(name);
    if (share === undefined) return undefined;
    rest = topic;
  }
  if (isPrefixed(rest, '$filter')) {
    const [spec, topic] = splitPrefix(rest);
    const parsed = parseConditions(spec, context);
    if (parsed === undefined) return undefined;
    conditions.push(...parsed);
    rest = topic;
  }
  if (isPrefixed(rest, '$share') || isPrefixed(rest, '$filter')) return undefined;
  if (context.cid !== undefined) {
    if (!/^\d{1,15}$/.test(context.cid)) return undefined;
    conditions.push(publishedBy(Number(context.cid)));
  }
  const levels = parseTopicFilter(rest, context.topicLevels);
  if (levels === undefined) return undefined;
  return share === undefined ? { conditions, levels, filter: rest } : { share, conditions, levels, filter: rest };
}

function isPrefixed(text: string, prefix: '$share' | '$filter'): boolean {
  return text === prefix || text.startsWith(`${prefix}/`);
}

/** `$share/group/a/b` → `['group', 'a/b']`; an empty text where a part is missing, which is invalid as a name and as a filter. */
function splitPrefix(text: string): [string, string] {
  const start = text.indexOf('/') + 1;
  const end = start === 0 ? -1 : text.indexOf('/', start);
  return end === -1 ? ['', ''] : [text.slice(start, end), text.slice(end + 1)];
}

/** At least one character, no wildcards [MQTT-4.8.2-1] [MQTT-4.8.2-2]; flespi reads numbers after it as the sticky levels. */
function parseShareName(name: string): ShareName | undefined {
  if (name === '' || /[+#]/.test(name)) return undefined;
  const [, fromOrCount, count] = /^.+?:(\d{1,3})(?::(\d{1,3}))?$/.exec(name) ?? [];
  if (fromOrCount === undefined) return {};
  const sticky =
    count === undefined ? { from: 0, count: Number(fromOrCount) } : { from: Number(fromOrCount), count: Number(count) };
  return sticky.count === 0 ? undefined : { sticky };
}
