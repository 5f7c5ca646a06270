import { RpcTransport } from '../../../nodes/protocol/rpc-transport';
import { Connections, listen, reached } from '../../servers/connections';
import { Mosquitto } from '../../servers/mosquitto';
import { count, figure, type Figure } from '../figure';

/** How long a redeploy waits for the connection to end, with a call and a publication open: the broker answers, or is stopped. */
export async function closes(times = 20): Promise<Figure[]> {
  const broker = await Mosquitto.start();
  const running: number[] = [];
  const stopped: number[] = [];
  try {
    for (let round = 0; round < times; round += 1) running.push(await close(broker, false));
    for (let round = 0; round < times / 4; round += 1) stopped.push(await close(broker, true));
  } finally {
    await broker.close();
  }
  return [
    figure('Close, broker running', running, '<=', 200, 'ms'),
    count('Close, broker stopped: longest, ms', Math.round(Math.max(...stopped)), 5000, `of ${stopped.length}`),
  ];
}

async function close(broker: Mosquitto, stop: boolean): Promise<number> {
  const connections = new Connections();
  const connection = connections.open({ url: broker.url, token: 'any' });
  await reached(connection, 'connected');
  await listen(connection, 'x/#');
  const rpc = new RpcTransport(connection);
  if (stop) broker.signal('SIGSTOP');
  const options = { signal: new AbortController().signal, timeout: 30_000 };
  // Nobody answers it.
  const call = rpc.send({ method: 'GET', path: 'gw/devices/all', query: '' }, options);
  const publication = connection.publish({ topic: 'x/1', payload: 'x', qos: 1 });
  const open = Promise.allSettled([call, publication]);
  const began = performance.now();
  await Promise.all([rpc.close(), connection.close()]);
  const took = performance.now() - began;
  await open;
  if (stop) broker.signal('SIGCONT');
  return took;
}
