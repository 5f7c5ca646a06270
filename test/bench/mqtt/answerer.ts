import { createServer, type AddressInfo, type Socket } from 'node:net';
import { generate, parser as createParser, type IPublishPacket, type Packet } from 'mqtt-packet';

/**
 * An MQTT 5 broker of its own process that answers every request at once on its response topic: REST over MQTT without the
 * REST, so that the client is what limits the rate. Its argument is the size of an answer in bytes. Tells `{port}`, then `{subscribed}`.
 */
const size = Number(process.argv[2]);
const chunkSize = 64 * 1024;
const body = answerOf(size);
const chunks = Array.from({ length: Math.ceil(body.length / chunkSize) }, (_, index) =>
  body.subarray(index * chunkSize, (index + 1) * chunkSize),
);

createServer({ noDelay: true }, (socket) => {
  let qos: 0 | 1 = 0;
  let messageId = 0;
  const parser = createParser({ protocolVersion: 5 });
  const send = (packet: Packet): void => void socket.write(generate(packet, { protocolVersion: 5 }));
  const publish = (request: IPublishPacket, payload: Buffer, last: boolean): void => {
    messageId = (messageId % 0xffff) + 1;
    const { responseTopic = '', correlationData } = request.properties ?? {};
    send({
      cmd: 'publish',
      topic: responseTopic,
      payload,
      qos,
      dup: false,
      retain: false,
      messageId,
      properties: {
        ...(correlationData && { correlationData }),
        ...(last && { userProperties: { http_code: '200' } }),
      },
    });
  };
  parser.on('packet', (packet: Packet) => {
    switch (packet.cmd) {
      case 'connect':
        send({ cmd: 'connack', reasonCode: 0, sessionPresent: false, properties: { receiveMaximum: 1000 } });
        break;
      case 'subscribe':
        qos = packet.subscriptions[0]?.qos === 1 ? 1 : 0;
        send({ cmd: 'suback', messageId: packet.messageId as number, granted: [qos] });
        process.send?.({ subscribed: true });
        break;
      case 'pingreq':
        send({ cmd: 'pingresp' });
        break;
      case 'publish':
        if (packet.qos === 1) send({ cmd: 'puback', messageId: packet.messageId as number, reasonCode: 0 });
        chunks.forEach((chunk, index) => publish(packet, chunk, index === chunks.length - 1));
        break;
      default:
    }
  });
  socket.on('data', (chunk) => inOneWrite(socket, () => void parser.parse(chunk)));
  socket.on('error', () => {});
}).listen(0, '127.0.0.1', function (this: { address(): unknown }) {
  process.send?.({ port: (this.address() as AddressInfo).port });
});
process.on('disconnect', () => process.exit());

/** Answers to what came together leave together. */
function inOneWrite(socket: Socket, run: () => void): void {
  socket.cork();
  run();
  socket.uncork();
}

/** Items like those of flespi, in about so many bytes. */
function answerOf(bytes: number): Buffer {
  const result: object[] = [];
  for (let length = 0; length < bytes - 200;) {
    const id = 100_000 + result.length;
    const item = {
      id,
      name: `vehicle ${id}`,
      device_type_id: 745,
      cid: 123_456,
      note: 'x'.repeat(Math.min(300, bytes)),
    };
    result.push(item);
    length += JSON.stringify(item).length + 1;
  }
  return Buffer.from(JSON.stringify({ result }));
}
