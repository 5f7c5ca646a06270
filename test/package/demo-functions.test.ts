import assert from 'node:assert/strict';

interface Vehicle {
  id: number;
  name?: string;
  connected?: boolean;
  seen?: number;
  changed: number;
  [property: string]: unknown;
}

interface Fleet {
  vehicles: Record<string, Vehicle>;
  list: number;
  changes: number;
  messages: number;
  rpc: number;
  updated: number;
}

type Message = Record<string, unknown>;
type FlowFunction = (msg: Message, flow: Flow) => unknown;

/** The flow context as function nodes see it. */
class Flow {
  readonly #values = new Map<string, unknown>();
  get = (name: string): unknown => this.#values.get(name);
  set = (name: string, value: unknown): void => void this.#values.set(name, value);

  get fleet(): Fleet {
    return this.get('fleet') as Fleet;
  }
}

describe('demo: the function nodes', () => {
  let flow: Flow;
  let functions: Record<string, FlowFunction>;

  const run = (name: string, msg: Message): unknown => {
    const body = functions[name];
    assert.ok(body, name);
    return body(msg, flow);
  };
  const device = (id: number, more: object = {}): object => ({
    id,
    name: `Van ${id}`,
    device_type_name: 'fmc640',
    configuration: { ident: String(id) },
    connected: true,
    ...more,
  });
  const vehicle = (id: number): Vehicle => flow.fleet.vehicles[id] as Vehicle;
  const live = (message: object): unknown => run('updateVehicles', { payload: [message] });

  beforeEach(async () => {
    const { prepare, ...others } = await import('../../scripts/demo/flow-functions.mjs');
    functions = others;
    flow = new Flow();
    prepare(flow);
    run('keepDevices', { payload: [device(1), device(2)] });
  });

  it('keep what is known when the list comes again, and forget who is gone', () => {
    live({ 'device.id': 1, timestamp: 100, 'position.speed': 30 });
    const { list } = flow.fleet;
    run('keepDevices', { payload: [device(1, { name: 'New name' }), device(2)] });
    assert.deepEqual([vehicle(1).name, vehicle(1)['speed'], flow.fleet.list], ['New name', 30, list]);
    run('keepDevices', { payload: [device(1)] });
    assert.deepEqual(Object.keys(flow.fleet.vehicles), ['1']);
  });

  it('take the newest message, and keep what it does not mention', () => {
    live({ 'device.id': 1, timestamp: 100, 'position.speed': 30, 'can.fuel.level': 70 });
    live({ 'device.id': 1, timestamp: 90, 'position.speed': 10 });
    live({ 'device.id': 1, timestamp: 110, 'engine.ignition.status': false, 'position.speed': 0 });
    live({ 'device.id': 99, timestamp: 110 });
    live({ 'device.id': 2 });
    assert.deepEqual(
      [vehicle(1).seen, vehicle(1)['speed'], vehicle(1)['fuel'], vehicle(1)['ignition']],
      [110, 0, 70, false],
    );
    assert.equal(vehicle(2).seen, undefined);
  });

  it('make messages of a telemetry answer, also of a device without any', () => {
    const payload = [
      { id: 1, telemetry: { 'position.speed': { value: 5, ts: 50 }, 'battery.level': { value: 9, ts: 70 } } },
      { id: 2, telemetry: null },
    ];
    assert.deepEqual(run('telemetryAsMessages', { payload }), {
      payload: [{ 'device.id': 1, 'position.speed': 5, 'battery.level': 9, timestamp: 70 }, { 'device.id': 2 }],
    });
    assert.equal(flow.fleet.rpc, 1);
  });

  it('note who is in contact', () => {
    run('noteContact', { topic: 'flespi/state/gw/devices/2/connected', payload: false });
    run('noteContact', { topic: 'flespi/state/gw/devices/77/connected', payload: false });
    assert.deepEqual([vehicle(1).connected, vehicle(2).connected], [true, false]);
  });

  it('answer with all vehicles first, then with those that changed', () => {
    const answer = (query: object): { whole: boolean; vehicles: Vehicle[]; list: number; changes: number } =>
      (run('answerVehicles', { req: { query } }) as { payload: never }).payload;
    const first = answer({});
    assert.deepEqual([first.whole, first.vehicles.map(({ id }) => id)], [true, [1, 2]]);
    live({ 'device.id': 2, timestamp: 100 });
    const next = answer({ list: String(first.list), since: String(first.changes) });
    assert.deepEqual([next.whole, next.vehicles.map(({ id }) => id)], [false, [2]]);
    assert.equal(answer({ list: '1', since: '999999' }).whole, true);
  });

  it('make trails in order of time, without messages that have no position', () => {
    const at = (timestamp: number, latitude?: number): object => ({
      'device.id': 1,
      timestamp,
      'position.latitude': latitude,
      'position.longitude': 25,
    });
    const { payload } = run('answerTrails', { payload: [at(20, 2), at(10, 1), at(15)] }) as Message;
    assert.deepEqual(payload, [
      [
        [1, 25, 10],
        [2, 25, 20],
      ],
    ]);
  });

  it('ask only for vehicles that exist', () => {
    const which = (id: string): (Message | null)[] => run('whichVehicle', { req: { params: { id } } }) as never;
    assert.deepEqual(
      which('2').map((msg) => msg?.['vehicle'] ?? msg?.['statusCode']),
      [2, undefined],
    );
    for (const id of ['3', 'all', '1,2', 'constructor']) assert.equal(which(id)[1]?.['statusCode'], 404, id);
  });

  it('show an error for half a minute', () => {
    const error = { message: 'The token was refused.', source: { name: '', type: 'flespi-request' } };
    run('rememberError', { error });
    const { payload } = run('answerVehicles', { req: { query: {} } }) as { payload: { error: string } };
    assert.equal(payload.error, 'flespi-request: The token was refused.');
  });
});
