import type { IDisconnectPacket } from 'mqtt-packet';
import type { BrokerCore } from './broker-core';
import type { Client } from './client';
import { ReasonCode } from './reason-code';

/** DISCONNECT from the client (section 3.14). Only a normal one takes the will back [MQTT-3.14.4-3]. */
export function handleDisconnect(
  { sessions }: BrokerCore,
  client: Client,
  { reasonCode = 0, properties }: IDisconnectPacket,
): void {
  const expiry = properties?.sessionExpiryInterval;
  if (expiry !== undefined) {
    // [MQTT-3.14.2-2]: a session that was to end with its connection cannot be kept now.
    if (expiry > 0 && client.terms.endsWithConnection) return client.disconnect(ReasonCode.protocolError);
    client.session.expiry = expiry;
  }
  if (reasonCode === ReasonCode.normalDisconnection) client.will = undefined;
  client.connection.end();
  sessions.leave(client);
}
