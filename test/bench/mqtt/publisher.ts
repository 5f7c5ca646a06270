import { once } from 'node:events';
import { connect } from 'node:net';
import { generate, parser as createParser } from 'mqtt-packet';

/**
 * Publishes from a process of its own as fast as the broker takes it: messages that were encoded beforehand, QoS 0. Told by its parent how
 * many; by its arguments the port, the token and the bytes of a payload.
 */

const [, , port = '', username = '', bytes = '700'] = process.argv;
const sliceSize = 100;

void (async () => {
  const socket = connect(Number(port), '127.0.0.1');
  socket.setNoDelay(true);
  socket.write(
    generate({ cmd: 'connect', protocolVersion: 5, clientId: 'publisher', clean: true, keepalive: 0, username }),
  );
  const parser = createParser({ protocolVersion: 5 });
  const connected = once(parser, 'packet');
  socket.on('data', (chunk) => parser.parse(chunk));
  await connected;
  const slice = Buffer.concat(
    Array.from({ length: sliceSize }, (_, index) =>
      generate(
        {
          cmd: 'publish',
          topic: `fleet/${index}`,
          payload: 'x'.repeat(Number(bytes)),
          qos: 0,
          dup: false,
          retain: false,
        },
        { protocolVersion: 5 },
      ),
    ),
  );
  process.on('disconnect', () => process.exit());
  process.on('message', ({ publish }: { publish: number }) => {
    let sent = 0;
    const more = (): void => {
      while (sent < publish && !socket.writableNeedDrain) {
        socket.write(slice);
        sent += sliceSize;
      }
      if (sent < publish) socket.once('drain', more);
    };
    more();
  });
  process.send?.({ connected: true });
})();
