import { generate, type IConnackPacket, type IConnectPacket } from 'mqtt-packet';
import type { Token } from '../account/token';
import type { BrokerCore } from './broker-core';
import { largestPacket, neverExpires } from './broker-options';
import { Client, type Terms } from './client';
import type { Connection } from './connection';
import { connectReturnCode, ReasonCode } from './reason-code';
import { listSubscriptions } from './session-report';
import { longestText } from './topic-filter';
import { readWill } from './will';

type ConnackProperties = NonNullable<IConnackPacket['properties']>;

/**
 * CONNECT (section 3.1): who it is, which session, on which terms. Gives the client that is now connected; otherwise the connection has
 * been refused.
 */
export function handleConnect(core: BrokerCore, connection: Connection, packet: IConnectPacket): Client | undefined {
  const { faults, sessions } = core;
  connection.version = packet.protocolVersion ?? 4;
  if (faults.withholdConnack === true) {
    connection.silence();
    return undefined;
  }
  const token = core.accounts.byCredentials(packet.username, packet.password?.toString('utf8'), connection.ip);
  const will = readWill(core, packet, token);
  const refusal =
    faults.refuseConnect ?? reasonToRefuse(core, packet, token) ?? (typeof will === 'number' ? will : undefined);
  if (refusal !== undefined || token === undefined) {
    refuseConnect(connection, refusal ?? ReasonCode.badUserNameOrPassword);
    return undefined;
  }

  const assigned = packet.clientId === '' ? makeClientId(core.random) : undefined;
  const clientId = assigned ?? packet.clientId;
  if (faults.forgetSessions === true) {
    const known = sessions.find(token.cid, clientId);
    if (known?.isConnected === false) sessions.end(known);
  }
  const { session, present } = sessions.open(token.cid, clientId, packet.clean !== false, token);
  const announced = announce(core, packet, assigned);
  session.expiry = Math.min(
    packet.protocolVersion === 5
      ? (packet.properties?.sessionExpiryInterval ?? 0)
      : packet.clean === false
        ? neverExpires
        : 0,
    announced.sessionExpiryInterval ?? neverExpires,
  );

  const client = new Client(core, connection, session, token, termsOf(core, packet, announced));
  if (typeof will === 'object') client.will = will;
  sessions.join(session, client);
  if (announced.maximumPacketSize !== undefined) connection.packetBytes = announced.maximumPacketSize;
  connection.keepAlive(announced.serverKeepAlive ?? packet.keepalive ?? 0, () =>
    client.disconnect(ReasonCode.keepAliveTimeout),
  );
  // [MQTT-3.2.2-2] of 3.1.1; 3.1 has no such flag.
  const sessionPresent = present && packet.protocolVersion !== 3;
  if (packet.protocolVersion === 5) sendConnack(client, sessionPresent, announced);
  else connection.send({ cmd: 'connack', sessionPresent, returnCode: 0 });
  if (faults.closeAfterConnack !== undefined) {
    const cut = setTimeout(() => connection.destroy(), faults.closeAfterConnack);
    cut.unref();
  }
  session.outbox.attach(client);
  return client;
}

/** CONNACK with what flespi tells in it, as far as it fits the client [MQTT-3.2.2-20] and the protocol. */
function sendConnack(
  { connection, session, token, terms }: Client,
  sessionPresent: boolean,
  announced: ConnackProperties,
): void {
  const told = { token: JSON.stringify(publicPart(token)), subscriptions: JSON.stringify(listSubscriptions(session)) };
  const userProperties = Object.fromEntries(
    Object.entries(told).filter(([, text]) => Buffer.byteLength(text) <= longestText),
  );
  const bare: IConnackPacket = { cmd: 'connack', sessionPresent, reasonCode: 0, properties: announced };
  const full = generate({ ...bare, properties: { ...announced, userProperties } }, { protocolVersion: 5 });
  if (full.length <= terms.packetBytes) connection.sendBytes(full);
  else connection.send(bare);
}

/** CONNACK with a reason and the end [MQTT-3.1.4-2]. */
export function refuseConnect(connection: Connection, reasonCode: number): void {
  const packet: IConnackPacket = { cmd: 'connack', sessionPresent: false };
  if (connection.version === 5) packet.reasonCode = reasonCode;
  else packet.returnCode = connectReturnCode(reasonCode);
  connection.end(packet);
}

function reasonToRefuse(core: BrokerCore, packet: IConnectPacket, token: Token | undefined): number | undefined {
  const { connections, limits, sessions } = core;
  if ((packet.protocolId === 'MQIsdp') !== (packet.protocolVersion === 3)) return ReasonCode.unsupportedProtocolVersion;
  if (packet.properties?.authenticationMethod !== undefined) return ReasonCode.badAuthenticationMethod;
  if (token === undefined) return ReasonCode.badUserNameOrPassword;
  // 3.1 wants a client id; 3.1.1 takes none only with a clean session [MQTT-3.1.3-7] of 3.1.1.
  if (
    packet.clientId === '' &&
    packet.protocolVersion !== 5 &&
    (packet.protocolVersion === 3 || packet.clean === false)
  )
    return ReasonCode.clientIdentifierNotValid;
  if (connections.size > limits.connections) return ReasonCode.quotaExceeded;
  if (sessions.find(token.cid, packet.clientId) === undefined && !sessions.hasRoom(token.cid))
    return ReasonCode.quotaExceeded;
  return undefined;
}

/** The properties of CONNACK, without the user properties: what differs from MQTT's defaults, and what a fault adds. */
function announce(
  core: BrokerCore,
  packet: IConnectPacket,
  assignedClientIdentifier: string | undefined,
): ConnackProperties {
  const { limits, assumptions, faults } = core;
  const properties: ConnackProperties = { topicAliasMaximum: limits.topicAliasMaximum };
  if (assumptions.announceMaximumQoS && assumptions.maximumQoS < 2) properties.maximumQoS = assumptions.maximumQoS;
  if (limits.receiveMaximum < 65_535) properties.receiveMaximum = limits.receiveMaximum;
  if (limits.packetBytes < largestPacket) properties.maximumPacketSize = limits.packetBytes;
  if (assignedClientIdentifier !== undefined) properties.assignedClientIdentifier = assignedClientIdentifier;
  if ((packet.properties?.sessionExpiryInterval ?? 0) > limits.sessionExpirySeconds)
    properties.sessionExpiryInterval = limits.sessionExpirySeconds;
  const { keepalive = 0 } = packet;
  if (
    limits.keepAliveSeconds > 0 &&
    packet.protocolVersion === 5 &&
    (keepalive === 0 || keepalive > limits.keepAliveSeconds)
  )
    properties.serverKeepAlive = limits.keepAliveSeconds;
  return { ...properties, ...faults.connack };
}

function termsOf({ limits }: BrokerCore, { properties }: IConnectPacket, announced: ConnackProperties): Terms {
  return {
    receiveMaximum: properties?.receiveMaximum ?? 65_535,
    packetBytes: properties?.maximumPacketSize ?? Infinity,
    topicAliases: Math.min(properties?.topicAliasMaximum ?? 0, limits.outboundTopicAliases),
    announced: {
      receiveMaximum: announced.receiveMaximum ?? 65_535,
      topicAliasMaximum: announced.topicAliasMaximum ?? 0,
      maximumQoS: announced.maximumQoS ?? 2,
      retain: announced.retainAvailable !== false,
      wildcards: announced.wildcardSubscriptionAvailable !== false,
      shared: announced.sharedSubscriptionAvailable !== false,
    },
    endsWithConnection: (properties?.sessionExpiryInterval ?? 0) === 0,
  };
}

/** What flespi tells about the token in CONNACK: all of it but the secret. */
function publicPart(token: Token): Partial<Token> {
  const part: Partial<Token> = { ...token };
  delete part.key;
  return part;
}

function makeClientId(random: () => number): string {
  return `auto-${Array.from({ length: 4 }, () =>
    Math.floor(random() * 36 ** 5)
      .toString(36)
      .padStart(5, '0'),
  ).join('')}`;
}
