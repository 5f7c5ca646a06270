import { describeWith } from '../servers/describe-with';
import { Connections, hasty, listen, reached } from '../servers/connections';
import { durable, Mosquitto } from '../servers/mosquitto';
import { startResponder } from '../servers/responder';
import { plainMqtt, type Target } from './mqtt-contract';
import { callsOverMqtt } from './rpc-contract';

async function mosquittoTarget(): Promise<Target> {
  const broker = await Mosquitto.start();
  return { url: broker.url, port: broker.port, token: 'any', close: () => broker.close() };
}

describeWith('mosquitto', 'MqttConnection on Mosquitto', () => {
  plainMqtt(mosquittoTarget);

  it('loses nothing at QoS 1 over broker kills with a persistent session (C2, S8)', async function () {
    this.timeout(40_000);
    const broker = await Mosquitto.start(durable);
    const connections = new Connections();
    const connection = connections.open(
      { url: broker.url, token: 'any' },
      { clean: false, sessionExpiryInterval: 600, clock: hasty },
    );
    const one = await listen(connection, 'kills/#');
    const publisher = connections.open({ url: broker.url, token: 'any' }, { clock: hasty });
    await reached(publisher, 'connected');
    const rounds = 4;
    const each = 100;
    for (let round = 0; round < rounds; round += 1) {
      for (let count = 0; count < each; count += 1) {
        // What the broker did not acknowledge is the publisher's to send again.
        for (;;) {
          await reached(publisher, 'connected');
          const sent = await publisher.publish({ topic: 'kills/x', payload: `${round}.${count}`, qos: 1 }).then(
            () => true,
            () => false,
          );
          if (sent) break;
        }
        if (count === each / 2) {
          const dead = Promise.all([reached(connection, 'waiting'), reached(publisher, 'waiting')]);
          await broker.stop('SIGKILL');
          await dead;
          await broker.run();
        }
      }
    }
    await one.until(({ texts }) => new Set(texts).size === rounds * each);
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
