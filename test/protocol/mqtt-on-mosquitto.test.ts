import { describeWith } from '../servers/describe-with';
import { Connections, reached } from '../servers/connections';
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
