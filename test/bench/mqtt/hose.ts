import { createServer, type AddressInfo, type Socket } from 'node:net';
import { generate, parser as createParser, type ISubscribePacket, type Packet } from 'mqtt-packet';

/**
 * An MQTT broker of its own process that does one thing: it pours publications which were encoded beforehand, so that the
 * client is what limits the rate. Told what to pour by its parent; tells `{port}` and `{subscriptions}`.
 */

export interface Pour {
  /** Messages. */
  pour: number;
  qos: 0 | 1;
  /** Messages; as fast as they are taken when left out. */
  perSecond?: number;
}

interface Wanted {
  filter: string;
  identifier: number | undefined;
}

/** Different messages; the next ones are the same again. */
const blockSize = 1000;
const sliceSize = 100;
/** As flespi has them on MQTT 5. */
const userProperties = process.argv[2] === 'stamped' ? { cid: '123456', timestamp: '1764000000.123456' } : undefined;

let socket: Socket | undefined;
let protocolVersion: 4 | 5 = 5;
let wanted: Wanted[] = [];
let acknowledged = 0;
let more: () => void = () => {};
let pace: NodeJS.Timeout | undefined;

const server = createServer({ noDelay: true }, (accepted) => {
  socket = accepted;
  wanted = [];
  const parser = createParser();
  parser.on('packet', (packet: Packet) => answer(accepted, packet));
  accepted.on(
    'data',
    packetReader((packet) => parser.parse(packet)),
  );
  accepted.on('drain', () => more());
  accepted.on('error', () => {});
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('message', (pour: Pour) => pourOut(pour));
process.on('disconnect', () => process.exit());

/** Hands out whole packets but PUBACKs, which are counted without being parsed: the hose must not be what is measured. */
function packetReader(otherwise: (packet: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let at = 0;
    for (let end = endOf(bytes, at); end !== undefined && end <= bytes.length; end = endOf(bytes, at)) {
      if (bytes[at] === 0x40) acknowledged += 1;
      else otherwise(bytes.subarray(at, end));
      at = end;
    }
    rest = Buffer.from(bytes.subarray(at));
    more();
  };
}

/** Where the packet that begins here ends, once its length can be read [MQTT-1.5.5]. */
function endOf(bytes: Buffer, start: number): number | undefined {
  let length = 0;
  for (let index = 1; index <= 4; index += 1) {
    const byte = bytes[start + index];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) << (7 * (index - 1));
    if (byte < 0x80) return start + index + 1 + length;
  }
  return undefined;
}

function answer(to: Socket, packet: Packet): void {
  const send = (reply: Packet): void => void to.write(generate(reply, { protocolVersion }));
  if (packet.cmd === 'connect') {
    protocolVersion = packet.protocolVersion === 5 ? 5 : 4;
    // With a property, because core takes a CONNACK without any for one of a broker that can do nothing.
    send({ cmd: 'connack', reasonCode: 0, returnCode: 0, sessionPresent: false, properties: { receiveMaximum: 1000 } });
  } else if (packet.cmd === 'subscribe') {
    send({ cmd: 'suback', messageId: packet.messageId as number, granted: packet.subscriptions.map(({ qos }) => qos) });
    wanted.push(...wantedBy(packet));
    process.send?.({ subscriptions: wanted.length });
  } else if (packet.cmd === 'pingreq') {
    send({ cmd: 'pingresp' });
  }
}

function wantedBy({ subscriptions, properties }: ISubscribePacket): Wanted[] {
  return subscriptions.map(({ topic }) => ({ filter: topic, identifier: properties?.subscriptionIdentifier }));
}

/** Slices of a block; the packet ids of a block are 1 to its size. */
function slices(qos: 0 | 1): Buffer[] {
  const encoded = Array.from({ length: blockSize }, (_, index) => {
    const { filter, identifier } = wanted[index % wanted.length] as Wanted;
    const properties =
      protocolVersion === 5
        ? {
            ...(identifier !== undefined && { subscriptionIdentifier: identifier }),
            ...(userProperties && { userProperties }),
          }
        : undefined;
    return generate(
      {
        cmd: 'publish',
        topic: filter.replace('+', String(100_000 + index)),
        payload: telemetry(index),
        qos,
        dup: false,
        retain: false,
        messageId: index + 1,
        ...(properties && { properties }),
      },
      { protocolVersion },
    );
  });
  return Array.from({ length: blockSize / sliceSize }, (_, slice) =>
    Buffer.concat(encoded.slice(slice * sliceSize, (slice + 1) * sliceSize)),
  );
}

/** A message of a vehicle, 800 bytes of JSON. */
function telemetry(index: number): string {
  const message = {
    ident: String(352_093_080_000_000 + index),
    'device.id': 100_000 + index,
    'device.name': `vehicle ${index}`,
    'device.type.id': 745,
    'protocol.id': 14,
    'channel.id': 1234,
    'server.timestamp': 1_764_000_000.123 + index,
    timestamp: 1_764_000_000 + index,
    'position.latitude': 54.687_157 + index / 10_000,
    'position.longitude': 25.279_652 - index / 10_000,
    'position.altitude': 112,
    'position.direction': index % 360,
    'position.speed': index % 90,
    'position.satellites': 14,
    'position.valid': true,
    'engine.ignition.status': index % 2 === 0,
    'movement.status': index % 3 === 0,
    'external.powersource.voltage': 13.8,
    'battery.voltage': 4.1,
    'gsm.signal.level': 80,
    'gsm.operator.code': '24601',
    'vehicle.mileage': 123_456.7 + index,
    'can.fuel.level': 55,
    'event.enum': 0,
    peer: '192.0.2.17:48213',
    note: '',
  };
  const length = JSON.stringify(message).length;
  message.note = 'x'.repeat(Math.max(0, 800 - length));
  return JSON.stringify(message);
}

function pourOut({ pour, qos, perSecond = Infinity }: Pour): void {
  const pieces = slices(qos);
  const began = performance.now();
  let sent = 0;
  acknowledged = 0;
  clearInterval(pace);
  if (perSecond !== Infinity) pace = setInterval(() => more(), 10);
  more = () => {
    if (!socket) return;
    const due = Math.min(pour, ((performance.now() - began) / 1000) * perSecond);
    while (sent < due && !socket.writableNeedDrain) {
      // Never an id twice: at most a block less a slice is on its way.
      if (qos === 1 && sent - acknowledged > blockSize - 2 * sliceSize) return;
      socket.write(pieces[(sent / sliceSize) % pieces.length] as Buffer);
      sent += sliceSize;
    }
  };
  more();
}
