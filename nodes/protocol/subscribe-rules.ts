import type { ServerProperties } from './mqtt-link';
import type { SubscriptionShare } from './subscription-share';
import { bareFilter } from './topic-match';

/** What a SUBSCRIBE shall bring: for those who come to an existing subscription, "when it is new" means now. */
export function retainHandlingOf(audience: ReadonlySet<SubscriptionShare>, again: boolean): 0 | 1 | 2 {
  if (audience.size === 0) return 2;
  return again || [...audience].some(({ request }) => request.retainHandling !== 1) ? 0 : 1;
}

/** The reason code that the broker would answer with, by what its CONNACK says that it cannot do. */
export function unsupportedBy(server: ServerProperties, filter: string): number | undefined {
  if (server.sharedSubscriptionAvailable === false && filter.startsWith('$share/')) return 0x9e;
  if (server.wildcardSubscriptionAvailable === false && /[+#]/.test(bareFilter(filter))) return 0xa2;
  return undefined;
}
