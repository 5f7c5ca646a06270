import type { Message } from './message';
import type { ShareGroup } from './shared-subscription';

/** One copy of a message on its way to one session. */
export interface Delivery {
  readonly message: Message;
  /** The lower one of what was published and what is granted [MQTT-3.8.4-8]. */
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  /** Identifiers of all subscriptions of the session that it matched [MQTT-3.3.4-4]; they stay with it while it is queued. */
  readonly identifiers: readonly number[];
  /** The group that picked this session; while unacknowledged, the message may go to another member. */
  readonly group?: ShareGroup | undefined;
}
