import type { Connection } from './device-state';
import type { Platform } from './platform';

/** Event codes of a channel's log (flespi Skill). */
const identified = 101;
const closed = 102;
/** `origin_type` of channels (flespi Toolbox). */
const originType = 9;

/** Tells of a device that connected, as its channel sees it: log, connection, ident (flespi examples, MQTT Board). */
export function channelConnected(platform: Platform, connection: Connection): void {
  const { channel_id, ident, source, transport, id } = connection;
  tell(platform, connection, 'identified', { event_code: identified, connection_id: id, ident, source, transport });
  tellState(platform, channel_id, `connections/${id}`, connection);
  tellIdent(platform, connection, true);
}

/** Tells of a connection that ended, after so many seconds. */
export function channelDisconnected(platform: Platform, connection: Connection, duration: number): void {
  const { channel_id, ident, source, id } = connection;
  tell(platform, connection, 'closed', { event_code: closed, connection_id: id, ident, source, duration });
  tellState(platform, channel_id, `connections/${id}`, undefined);
  tellIdent(platform, connection, false);
}

function tell(
  platform: Platform,
  { channel_id, id }: Connection,
  event: 'identified' | 'closed',
  detail: { event_code: number; [detail: string]: unknown },
): void {
  const channel = platform.items('gw/channels').get(channel_id);
  if (!channel) return;
  const record = {
    origin_type: originType,
    origin_id: channel_id,
    cid: channel.cid,
    timestamp: platform.now(),
    ...detail,
  };
  platform.logs.add('gw/channels', channel_id, record);
  platform.topics.log(`gw/channels/${channel_id}/connections/${id}`, event, channel.cid, record);
}

function tellIdent(platform: Platform, { channel_id, device_id, ident }: Connection, connected: boolean): void {
  if (ident === '') return;
  const last_active = platform.devices.get(device_id)?.lastActive ?? 0;
  tellState(platform, channel_id, `idents/${ident}`, { ident, device_id, connected, last_active });
}

function tellState(platform: Platform, channelId: number, topic: string, value: unknown): void {
  const channel = platform.items('gw/channels').get(channelId);
  if (channel) platform.topics.state(`gw/channels/${channelId}/${topic}`, channel.cid, value);
}
