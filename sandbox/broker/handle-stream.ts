import type { Duplex } from 'node:stream';
import type { Packet } from 'mqtt-packet';
import { handlePuback, handlePubcomp, handlePubrec, handlePubrel } from './acknowledge';
import type { BrokerCore } from './broker-core';
import type { Client } from './client';
import { handleConnect, refuseConnect } from './connect';
import { Connection } from './connection';
import { handleDisconnect } from './disconnect';
import { PacketError } from './packet-reader';
import { handlePublish } from './publish';
import { ReasonCode } from './reason-code';
import { handleSubscribe } from './subscribe';
import { handleUnsubscribe } from './unsubscribe';

/** Serves MQTT on a stream until it closes. */
export function handleStream(core: BrokerCore, stream: Duplex, ip: string): Connection {
  let client: Client | undefined;
  const connection = new Connection(stream, ip, core.limits, {
    onPacket(packet) {
      if (client !== undefined) return handlePacket(core, client, packet);
      clearTimeout(patience);
      // The first packet is CONNECT, or there is nothing to talk about [MQTT-3.1.0-1].
      if (packet.cmd === 'connect') client = handleConnect(core, connection, packet);
      else connection.destroy();
    },
    onViolation(error) {
      clearTimeout(patience);
      // One client's packet that we cannot cope with must not end the others' connections.
      if (!(error instanceof PacketError)) core.stats.errors += 1;
      const code = error instanceof PacketError ? error.reasonCode : ReasonCode.implementationSpecificError;
      if (client !== undefined) client.disconnect(code);
      // Only to a CONNECT of another version there is an answer that everybody understands [MQTT-3.1.2-2].
      else if (code === ReasonCode.unsupportedProtocolVersion) refuseConnect(connection, code);
      else connection.destroy();
    },
    onDrain() {
      client?.session.outbox.pump();
    },
    onClose() {
      clearTimeout(patience);
      core.connections.delete(connection);
      if (client !== undefined) core.sessions.leave(client);
    },
  });
  const patience = setTimeout(() => connection.destroy(), core.limits.connectMilliseconds);
  core.connections.add(connection);
  return connection;
}

function handlePacket(core: BrokerCore, client: Client, packet: Packet): void {
  switch (packet.cmd) {
    case 'publish':
      return handlePublish(core, client, packet);
    case 'puback':
      return handlePuback(client, packet);
    case 'pubrec':
      return handlePubrec(client, packet);
    case 'pubrel':
      return handlePubrel(client, packet);
    case 'pubcomp':
      return handlePubcomp(client, packet);
    case 'subscribe':
      return handleSubscribe(core, client, packet);
    case 'unsubscribe':
      return handleUnsubscribe(core, client, packet);
    case 'pingreq':
      return client.connection.send({ cmd: 'pingresp' });
    case 'disconnect':
      return handleDisconnect(core, client, packet);
    default:
      // A second CONNECT [MQTT-3.1.0-2], AUTH without an exchange, or what only servers send.
      return client.disconnect(ReasonCode.protocolError);
  }
}
