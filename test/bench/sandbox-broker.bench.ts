import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { generate } from 'mqtt-packet';
import { figure, rounds, type Bench } from './figure';

const payloadBytes = 700;
const messages = 60_000;
const warmUp = 20_000;
const target = 20_000;

/** The sandbox's broker, in a process of its own: messages per second from one publisher to one subscriber, none lost. */
const bench: Bench = {
  name: 'sandbox-broker',
  async run() {
    const root = join(__dirname, '..', '..');
    const sandbox = spawn(process.execPath, ['--import', 'tsx', 'sandbox/main.ts', '--devices', '0', '--rate', '0'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let publisher: ChildProcess | undefined;
    let subscriber: Socket | undefined;
    try {
      const [line] = (await once(createInterface(sandbox.stdout), 'line')) as [string];
      const { mqtt, token } = JSON.parse(line) as { mqtt: string; token: string };
      const { port } = new URL(mqtt);
      publisher = fork(join(__dirname, 'mqtt', 'publisher.ts'), [port, token, String(payloadBytes)], {
        execArgv: ['--import', 'tsx'],
      });
      await once(publisher, 'message');
      subscriber = await subscribe(Number(port), token);
      const rates: number[] = [];
      for (let round = 0; round <= rounds; round += 1) {
        const count = round === 0 ? warmUp : messages;
        const taken = take(subscriber, count);
        publisher.send({ publish: count });
        const rate = await taken;
        if (round > 0) rates.push(rate);
      }
      const what = `messages a second of ${payloadBytes} bytes, QoS 0, MQTT 5`;
      return [figure('sandbox: broker to one subscriber', rates, '>=', target, what)];
    } finally {
      subscriber?.destroy();
      publisher?.kill();
      sandbox.kill();
    }
  },
};
export default bench;

/** A subscriber that can be trusted to be the fastest of the three: it only looks for the ends of packets. */
async function subscribe(port: number, username: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  const protocolVersion = 5;
  socket.write(
    generate({ cmd: 'connect', protocolVersion, clientId: 'subscriber', clean: true, keepalive: 0, username }),
  );
  await once(socket, 'data');
  const subscriptions = [{ topic: 'fleet/+', qos: 0 as const }];
  socket.write(generate({ cmd: 'subscribe', messageId: 1, subscriptions }, { protocolVersion }));
  await once(socket, 'data');
  return socket;
}

/** Takes so many messages and gives how many came in a second. Rejects when the connection ends before that. */
function take(socket: Socket, count: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let began = 0;
    let found = 0;
    let rest: Buffer = Buffer.alloc(0);
    const onClose = (): void => reject(new Error(`The connection ended after ${found} of ${count} messages`));
    const onData = (chunk: Buffer): void => {
      began ||= performance.now();
      const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
      let at = 0;
      for (let end = endOf(bytes, at); end !== undefined && end <= bytes.length; end = endOf(bytes, at)) {
        found += 1;
        at = end;
      }
      rest = bytes.subarray(at);
      if (found < count) return;
      socket.off('data', onData);
      socket.off('close', onClose);
      resolve((found / (performance.now() - began)) * 1000);
    };
    socket.on('data', onData);
    socket.on('close', onClose);
  });
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
