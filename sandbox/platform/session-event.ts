import type { SessionItem } from '../broker/session-report';
import type { WriteEvent } from './announcer';
import type { Platform } from './platform';

/** `origin_type` of MQTT sessions (flespi Toolbox). */
const originType = 14;

/** Tells of an MQTT session on the standard topics, as of any item, and in `mqtt/logs` (flespi-io-js, Toolbox). */
export function sessionEvent(platform: Platform, event: WriteEvent, session: SessionItem): void {
  const { assumptions, logs, now, topics } = platform;
  const { id, cid, client_id, ip } = session;
  const record = {
    event_code: assumptions.itemEvents[event],
    origin_type: originType,
    origin_id: id,
    cid,
    timestamp: now(),
    client_id,
    host: ip,
    [event === 'deleted' ? 'old' : 'new']: session,
  };
  logs.add('mqtt', cid, record);
  topics.log(`mqtt/sessions/${id}`, event, cid, record);
  topics.state(`mqtt/sessions/${id}`, cid, event === 'deleted' ? undefined : session);
}
