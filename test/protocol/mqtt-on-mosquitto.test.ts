import assert from 'node:assert/strict';
import { describeWith } from '../servers/describe-with';
import { Connections, listen, reached } from '../servers/connections';
import { Mosquitto } from '../servers/mosquitto';
import { startResponder } from '../servers/responder';
import { plainMqtt, type Target } from './mqtt-contract';
import { callsOverMqtt } from './rpc-contract';

async function mosquittoTarget(): Promise<Target> {
  const broker = await Mosquitto.start();
  return { url: broker.url, port: broker.port, token: 'any', close: () => broker.close() };
}

describeWith('mosquitto', 'MqttConnection on Mosquitto', () => {
  plainMqtt(mosquittoTarget);

  it('does not mind that the event loop is blocked for two seconds, and neither does the broker (C21)', async () => {
    const broker = await Mosquitto.start();
    const connections = new Connections();
    const connection = connections.open({ url: broker.url, token: 'any' });
    const one = await listen(connection, 'a');
    const states: string[] = [];
    connection.onState(({ kind }) => states.push(kind));
    const sent = connection.publish({ topic: 'a', payload: 'meanwhile', qos: 1 });
    const until = performance.now() + 2000;
    while (performance.now() < until);
    await sent;
    await one.count(1);
    await connection.publish({ topic: 'a', payload: 'after', qos: 1 });
    await one.count(2);
    assert.deepEqual(states, []);
    await connections.close();
    await broker.close();
  });

  it('starts without a broker, and is there when the broker is (C1)', async () => {
    const broker = await Mosquitto.start();
    await broker.stop();
    const connections = new Connections();
    const connection = connections.open({ url: broker.url, token: 'any' });
    await reached(connection, 'waiting');
    await broker.run();
    await reached(connection, 'connected');
    await connections.close();
    await broker.close();
  });
});

describeWith('mosquitto', 'RpcTransport on Mosquitto', () => {
  callsOverMqtt(async () => {
    const target = await mosquittoTarget();
    const responder = await startResponder(target.url);
    const close = async (): Promise<void> => {
      await responder.close();
      await target.close();
    };
    return { ...target, close };
  });
});
