import type { Message } from './message';
import type { Session } from './session';
import type { Subscription } from './subscription';

/** The members of a shared subscription: each message goes to one of them (flespi: "MQTT load balancing with shared subscriptions"). */
export class ShareGroup {
  /** At least one while the group is in the index. A session is a member once, under the newest of its subscriptions. */
  readonly #members = new Map<Session, Subscription>();

  constructor(private readonly random: () => number) {}

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  join(subscription: Subscription): void {
    this.#members.set(subscription.session, subscription);
  }

  leave(session: Session): void {
    this.#members.delete(session);
  }

  /** Can somebody else take what this session has not acknowledged? */
  hasOthers(session: Session, connectedOnly: boolean): boolean {
    for (const member of this.#members.keys())
      if (member !== session && (!connectedOnly || member.isConnected)) return true;
    return false;
  }

  /** The member for a message: among those that are connected, or among all when none is. */
  pick(message: Message, except?: Session): Subscription | undefined {
    const members = [...this.#members.values()].filter(({ session }) => session !== except);
    const willing = members.filter(({ conditions }) => conditions.every((passes) => passes(message)));
    const connected = willing.filter(({ session }) => session.isConnected);
    const candidates = connected.length > 0 ? connected : willing;
    const sticky = candidates[0]?.share?.sticky;
    if (sticky === undefined) return candidates[Math.floor(this.random() * candidates.length)];
    const key = message.levels.slice(sticky.from, sticky.from + sticky.count).join('/');
    return heaviest(candidates, (candidate) => weight(`${key}\0${candidate.session.clientId}`));
  }
}

function heaviest<T>(items: readonly T[], weigh: (item: T) => number): T | undefined {
  let best: T | undefined;
  let bestWeight = -1;
  for (const item of items) {
    const itemWeight = weigh(item);
    if (itemWeight > bestWeight) [best, bestWeight] = [item, itemWeight];
  }
  return best;
}

/** FNV-1a with a final mix: texts that differ in one character must not weigh alike. */
function weight(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
