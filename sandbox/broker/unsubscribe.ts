import type { IUnsubscribePacket } from 'mqtt-packet';
import type { BrokerCore } from './broker-core';
import type { Client } from './client';
import { ReasonCode } from './reason-code';
import type { Session } from './session';

/** UNSUBSCRIBE (section 3.10): the filters as they were sent, character by character [MQTT-3.10.4-1]. */
export function handleUnsubscribe(core: BrokerCore, client: Client, packet: IUnsubscribePacket): void {
  const granted = packet.unsubscriptions.map((topic) =>
    unsubscribe(core, client.session, topic) ? ReasonCode.success : ReasonCode.noSubscriptionExisted,
  );
  client.connection.send({ cmd: 'unsuback', messageId: packet.messageId ?? 0, granted });
}

export function unsubscribe({ router }: BrokerCore, session: Session, topic: string): boolean {
  const subscription = session.subscriptions.get(topic);
  if (subscription === undefined) return false;
  session.subscriptions.delete(topic);
  router.delete(subscription);
  return true;
}
