import type { IPubackPacket, IPubcompPacket, IPubrecPacket, IPubrelPacket } from 'mqtt-packet';
import type { Client } from './client';
import { ReasonCode } from './reason-code';

/** The client has a QoS 1 message, or refuses it (section 3.4). */
export function handlePuback({ session }: Client, { messageId = 0, reasonCode = 0 }: IPubackPacket): void {
  session.outbox.acknowledge(messageId, reasonCode >= 0x80);
}

/** The first answer to a QoS 2 message; a refusal ends the exchange [MQTT-4.3.3-4]. */
export function handlePubrec({ session, connection }: Client, { messageId = 0, reasonCode = 0 }: IPubrecPacket): void {
  if (reasonCode >= 0x80) {
    session.outbox.acknowledge(messageId, true);
    return;
  }
  const known = session.outbox.release(messageId);
  connection.send({
    cmd: 'pubrel',
    messageId,
    reasonCode: known ? ReasonCode.success : ReasonCode.packetIdentifierNotFound,
  });
}

export function handlePubcomp({ session }: Client, { messageId = 0 }: IPubcompPacket): void {
  session.outbox.acknowledge(messageId, false);
}

/** The publisher of a QoS 2 message lets its identifier go [MQTT-4.3.3-11]. */
export function handlePubrel({ session, connection }: Client, { messageId = 0 }: IPubrelPacket): void {
  const known = session.received.delete(messageId);
  connection.send({
    cmd: 'pubcomp',
    messageId,
    reasonCode: known ? ReasonCode.success : ReasonCode.packetIdentifierNotFound,
  });
}
