import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { generate } from 'mqtt-packet';
import { startSandbox } from '../../sandbox/sandbox';
import { Connections, reached } from '../servers/connections';
import { describeWith } from '../servers/describe-with';
import { Mosquitto } from '../servers/mosquitto';
import type { Target } from './mqtt-contract';

const values = 200_000;

/** Retained values of QoS 0, as fast as the broker takes them; settles when it has all. */
async function retain({ port, token }: Target): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const send = async (packets: Buffer[]): Promise<void> => {
    if (!socket.write(Buffer.concat(packets))) await once(socket, 'drain');
  };
  const packet = (one: Parameters<typeof generate>[0]): Buffer => generate(one, { protocolVersion: 4 });
  await send([
    packet({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      clientId: 'flood',
      keepalive: 0,
      username: token,
    }),
  ]);
  await once(socket, 'data');
  const slice = 1000;
  for (let from = 0; from < values; from += slice) {
    await send(
      Array.from({ length: slice }, (_, index) =>
        packet({
          cmd: 'publish',
          topic: `flood/${from + index}`,
          payload: String(from + index),
          qos: 0,
          retain: true,
          dup: false,
        }),
      ),
    );
  }
  await send([packet({ cmd: 'pingreq' })]);
  await once(socket, 'data');
  socket.destroy();
}

function flood(start: () => Promise<Target>): void {
  it(`${values} retained values come with one subscription, at a keepalive of 5 s, and the connection stays (S14)`, async function () {
    this.timeout(60_000);
    const target = await start();
    const connections = new Connections();
    try {
      await retain(target);
      const connection = connections.open(target, { keepalive: 5 });
      await reached(connection, 'connected');
      const states: string[] = [];
      connection.onState(({ kind }) => states.push(kind));
      const got = new Set<string>();
      await new Promise<void>((resolve) => {
        connection.subscribe(
          { filter: 'flood/+', qos: 1 },
          {
            message: ({ topic, payload, retain: retained }) => {
              assert.ok(retained && topic === `flood/${payload.toString()}`);
              got.add(topic);
              if (got.size === values) resolve();
            },
          },
        );
      });
      assert.deepEqual(states, []);
    } finally {
      await connections.close();
      await target.close();
    }
  });
}

describe('MqttConnection on the sandbox, which keeps many values', () =>
  flood(async () => {
    const sandbox = await startSandbox({ devices: 0 });
    const { mqtt: url, token } = sandbox;
    return { url, port: Number(new URL(url).port), token, close: () => sandbox.close() };
  }));

describeWith('mosquitto', 'MqttConnection on Mosquitto, which keeps many values', () =>
  flood(async () => {
    const broker = await Mosquitto.start();
    return { url: broker.url, port: broker.port, token: 'any', close: () => broker.close() };
  }),
);
