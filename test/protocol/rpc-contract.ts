import assert from 'node:assert/strict';
import type { WireAnswer } from '../../nodes/protocol/call';
import { FlespiError } from '../../nodes/protocol/flespi-error';
import type { MqttConnection, MqttConnectionOptions } from '../../nodes/protocol/mqtt-connection';
import { RpcTransport } from '../../nodes/protocol/rpc-transport';
import { Connections, reached } from '../servers/connections';
import { startTcpProxy } from '../servers/tcp-proxy';
import type { Target } from './mqtt-contract';

interface Item {
  id: number;
  name: string;
}

/** REST calls over whatever broker, with somebody behind it who answers for some sixty devices. */
export function callsOverMqtt(start: () => Promise<Target>): void {
  let target: Target;
  const connections = new Connections();
  const transports: RpcTransport[] = [];
  before(async () => {
    target = await start();
  });
  afterEach(async () => {
    await Promise.all(transports.splice(0).map((rpc) => rpc.close()));
    await connections.close();
  });
  after(() => target.close());

  function open(options: Partial<MqttConnectionOptions> = {}): { rpc: RpcTransport; connection: MqttConnection } {
    const connection = connections.open(target, options);
    const rpc = new RpcTransport(connection);
    transports.push(rpc);
    return { rpc, connection };
  }

  const get = (rpc: RpcTransport, selector: string | number): Promise<WireAnswer> =>
    rpc.send(
      { method: 'GET', path: `gw/devices/${selector}`, query: '' },
      { signal: new AbortController().signal, timeout: 10_000 },
    );
  const itemsOf = ({ statusCode, text }: WireAnswer): Item[] => {
    assert.equal(statusCode, 200);
    return (JSON.parse(text) as { result: Item[] }).result;
  };

  it('puts an answer in parts together', async () => {
    const { rpc } = open();
    const items = itemsOf(await get(rpc, 'all'));
    assert.ok(items.length >= 50);
    assert.ok(items.every(({ name }) => name.length > 3 && !name.includes('�')));
    assert.equal(rpc.pending, 0);
  });

  it('gives each of fifty calls at once its own answer, whatever instance asks (P5, P15)', async () => {
    const instances = [open(), open()];
    const [first] = instances;
    assert.ok(first);
    const ids = itemsOf(await get(first.rpc, 'all')).map(({ id }) => id);
    const answers = await Promise.all(
      ids.slice(0, 50).map(async (id, index) => {
        const { rpc } = instances[index % 2] ?? first;
        return [id, itemsOf(await get(rpc, id)).map((item) => item.id)];
      }),
    );
    for (const [id, found] of answers) assert.deepEqual(found, [id]);
    assert.deepEqual(
      instances.map(({ rpc }) => rpc.strays),
      instances.map(() => ({ unknown: 0, foreign: 0 })),
    );
  });

  it('fails what was on its way when the link is cut, and goes on with the next (P2)', async () => {
    const proxy = await startTcpProxy(target.port);
    const { rpc, connection } = open({ url: `mqtt://127.0.0.1:${proxy.port}` });
    await get(rpc, 'all');
    proxy.weather.mute = true;
    const lost = Promise.allSettled([get(rpc, 'all'), get(rpc, 'all')]);
    while (rpc.pending < 2) await new Promise<void>((resolve) => void setImmediate(resolve));
    proxy.weather.mute = false;
    proxy.cut('rst');
    for (const outcome of await lost) {
      assert.ok(outcome.status === 'rejected' && outcome.reason instanceof FlespiError);
      assert.equal(outcome.reason.code, 'FLESPI_OUTCOME_UNKNOWN');
    }
    await reached(connection, 'connected');
    assert.ok(itemsOf(await get(rpc, 'all')).length >= 50);
    await rpc.close();
    await connection.close();
    await proxy.close();
  });

  it('says that MQTT 3.1.1 cannot do it', async () => {
    const { rpc } = open({ protocolVersion: 4 });
    await assert.rejects(get(rpc, 'all'), { code: 'FLESPI_NEEDS_MQTT5' });
  });
}
