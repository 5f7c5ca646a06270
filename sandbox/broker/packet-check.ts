import type { Packet, PacketCmd } from 'mqtt-packet';
import { PacketError } from './packet-reader';
import { ReasonCode } from './reason-code';

/** Properties that a client may send, by packet (table 2-4 of MQTT 5). `userProperties` goes with all of them. */
const clientProperties: Partial<Record<PacketCmd, readonly string[]>> = {
  connect: [
    'sessionExpiryInterval',
    'receiveMaximum',
    'maximumPacketSize',
    'topicAliasMaximum',
    'requestResponseInformation',
    'requestProblemInformation',
    'authenticationMethod',
    'authenticationData',
  ],
  publish: [
    'payloadFormatIndicator',
    'messageExpiryInterval',
    'topicAlias',
    'responseTopic',
    'correlationData',
    'contentType',
  ],
  puback: ['reasonString'],
  pubrec: ['reasonString'],
  pubrel: ['reasonString'],
  pubcomp: ['reasonString'],
  subscribe: ['subscriptionIdentifier'],
  unsubscribe: [],
  disconnect: ['sessionExpiryInterval', 'reasonString'],
  auth: ['authenticationMethod', 'authenticationData', 'reasonString'],
};
const willProperties = [
  'willDelayInterval',
  'payloadFormatIndicator',
  'messageExpiryInterval',
  'contentType',
  'responseTopic',
  'correlationData',
];
/** Zero is a protocol error for these ([MQTT-3.1.2.11.3], 3.1.2.11.4, 3.8.2.1.2). */
const neverZero = new Set(['receiveMaximum', 'maximumPacketSize', 'subscriptionIdentifier']);
const yesOrNo = new Set(['payloadFormatIndicator', 'requestResponseInformation', 'requestProblemInformation']);

/** What MQTT forbids and the codec lets through. Throws PacketError. */
export function checkPacket(packet: Packet, bytes: Buffer): void {
  const properties = 'properties' in packet ? packet.properties : undefined;
  if (properties !== undefined) checkProperties(properties, clientProperties[packet.cmd] ?? [], bytes);
  switch (packet.cmd) {
    case 'connect':
      checkTexts(bytes, packet.clientId, packet.username);
      // [MQTT-3.1.2-22] of 3.1.1; MQTT 5 allows a password alone.
      if (packet.protocolVersion !== 5 && packet.password !== undefined && packet.username === undefined)
        malformed('A password without a user name');
      if (packet.will) {
        checkTexts(bytes, packet.will.topic);
        if (packet.will.properties) checkProperties(packet.will.properties, willProperties, bytes);
      }
      return;
    case 'publish':
      checkTexts(bytes, packet.topic);
      if (packet.qos === 0 && packet.dup) malformed('DUP with QoS 0'); // [MQTT-3.3.1-2]
      if (packet.qos > 0) checkIdentifier(packet.messageId);
      return;
    case 'subscribe':
      checkIdentifier(packet.messageId);
      if (packet.subscriptions.length === 0) protocolError('SUBSCRIBE without a filter'); // [MQTT-3.8.3-2]
      for (const { topic } of packet.subscriptions) checkTexts(bytes, topic);
      return;
    case 'unsubscribe':
      checkIdentifier(packet.messageId);
      if (packet.unsubscriptions.length === 0) protocolError('UNSUBSCRIBE without a filter'); // [MQTT-3.10.3-2]
      checkTexts(bytes, ...packet.unsubscriptions);
      return;
    case 'puback':
    case 'pubrec':
    case 'pubrel':
    case 'pubcomp':
      checkIdentifier(packet.messageId);
      return;
    case 'pingreq':
      if (packet.length !== 0) malformed('PINGREQ with a body');
      return;
    default:
  }
}

function checkProperties(properties: object, allowed: readonly string[], bytes: Buffer): void {
  for (const [name, value] of Object.entries(properties) as [string, unknown][]) {
    if (name === 'userProperties') {
      for (const [key, texts] of Object.entries(value as Record<string, unknown>))
        checkTexts(bytes, key, ...(Array.isArray(texts) ? (texts as unknown[]) : [texts]));
      continue;
    }
    if (!allowed.includes(name)) protocolError(`${name} does not belong in this packet`);
    // The codec makes an array of a property that comes twice [MQTT-2.2.2.2].
    if (Array.isArray(value)) protocolError(`${name} comes twice`);
    if (isCutOff(name, value)) malformed(`${name} is cut off`);
    if (value === 0 && neverZero.has(name)) protocolError(`${name} is 0`);
    if (typeof value === 'string') checkTexts(bytes, value);
  }
}

/** The codec gives one of these for a property that ends beyond the packet. */
function isCutOff(name: string, value: unknown): boolean {
  if (value === false) return !yesOrNo.has(name);
  return value === null || value === undefined || (typeof value === 'number' && value < 0);
}

/** A packet identifier is never 0 [MQTT-2.2.1-3]; the codec gives -1 when it is missing. */
function checkIdentifier(messageId: number | undefined): void {
  if (messageId === undefined || messageId < 0) malformed('No packet identifier');
  if (messageId === 0) protocolError('A packet identifier of 0');
}

/** Text is well-formed UTF-8 without null characters [MQTT-1.5.4-1] [MQTT-1.5.4-2]. */
function checkTexts(bytes: Buffer, ...texts: unknown[]): void {
  for (const text of texts) {
    if (text === undefined) continue;
    if (typeof text !== 'string' || text.includes('\0')) malformed('A text that is cut off or has a null character');
    // The codec decodes what is ill-formed to U+FFFD; only then what it read differs from what was sent.
    if (text.includes('\uFFFD') && !bytes.includes(text)) malformed('A text that is no UTF-8');
  }
}

function malformed(message: string): never {
  throw new PacketError(ReasonCode.malformedPacket, message);
}

function protocolError(message: string): never {
  throw new PacketError(ReasonCode.protocolError, message);
}
