import { Collector } from '../../servers/collector';
import { Connections, hasty, listen, reached } from '../../servers/connections';
import { durable, Mosquitto } from '../../servers/mosquitto';
import { startTcpProxy } from '../../servers/tcp-proxy';
import type { MqttConnection } from '../../../nodes/protocol/mqtt-connection';
import { count, type Figure } from '../figure';

const session = { clean: false, sessionExpiryInterval: 3600, clock: hasty };

/** A durable Mosquitto is killed twenty times while messages come; the session is persistent. */
export async function brokerKills(kills = 20, messages = 4000): Promise<Figure[]> {
  const broker = await Mosquitto.start(durable);
  const connections = new Connections();
  try {
    const address = { url: broker.url, token: 'any' };
    const subscriber = connections.open(address, session);
    const listener = await listen(subscriber, 'kills/#');
    const publisher = connections.open(address, { clock: hasty });
    const each = messages / kills;
    for (let sent = 0; sent < messages; sent += 1) {
      await publishSurely(publisher, 'kills/x', String(sent));
      if (sent % each !== Math.floor(each / 2)) continue;
      const noticed = Promise.all([reached(subscriber, 'waiting'), reached(publisher, 'waiting')]);
      await broker.stop('SIGKILL');
      await noticed;
      await broker.run();
    }
    await allOrSilence(listener, messages);
    const different = new Set(listener.texts).size;
    const note = `of ${messages} over ${kills} kills; ${listener.texts.length - different} came twice`;
    return [count('QoS 1 over broker kills: messages lost', messages - different, 0, note)];
  } finally {
    await connections.close();
    await broker.close();
  }
}

/** The flow confirms each message a little later, and the link is cut again and again. */
export async function linkCuts(cuts = 20): Promise<Figure[]> {
  const broker = await Mosquitto.start(durable);
  const proxy = await startTcpProxy(broker.port);
  const connections = new Connections();
  try {
    const subscriber = connections.open({ url: `mqtt://127.0.0.1:${proxy.port}`, token: 'any' }, session);
    const listener = new Collector({ confirms: { window: 100, deadline: 60_000 } });
    await listen(subscriber, 'cuts/#', {}, listener);
    const confirming = setInterval(() => {
      for (const confirm of listener.confirmations.splice(0)) confirm();
    }, 5);
    const publisher = connections.open({ url: broker.url, token: 'any' });
    await reached(publisher, 'connected');
    const cutting = setInterval(() => proxy.cut('rst'), 700);
    const ends = performance.now() + cuts * 700;
    let sent = 0;
    while (performance.now() < ends) {
      await publishSurely(publisher, 'cuts/x', String(sent));
      sent += 1;
    }
    clearInterval(cutting);
    await allOrSilence(listener, sent);
    clearInterval(confirming);
    const different = new Set(listener.texts).size;
    const note = `of ${sent} over ${cuts} cuts; ${listener.texts.length - different} came twice`;
    return [count('The flow confirms, link cut every 0.7 s: messages lost', sent - different, 0, note)];
  } finally {
    await connections.close();
    await proxy.close();
    await broker.close();
  }
}

/** What the broker did not acknowledge is the publisher's to send again. */
async function publishSurely(publisher: MqttConnection, topic: string, payload: string): Promise<void> {
  for (;;) {
    await reached(publisher, 'connected');
    try {
      await publisher.publish({ topic, payload, qos: 1 });
      return;
    } catch {
      // Once more, with the next link.
    }
  }
}

/** Waits until all have come, or until nothing has come for ten seconds. */
async function allOrSilence(listener: Collector, wanted: number): Promise<void> {
  let before = -1;
  for (;;) {
    const silence = new Promise<'silence'>((resolve) => void setTimeout(resolve, 10_000, 'silence').unref());
    const all = listener.until(({ texts }) => new Set(texts).size >= wanted);
    if ((await Promise.race([all, silence])) !== 'silence') return;
    if (listener.deliveries.length === before) return;
    before = listener.deliveries.length;
  }
}
