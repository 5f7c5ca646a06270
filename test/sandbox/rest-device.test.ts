import assert from 'node:assert/strict';
import { once } from 'node:events';
import { EventEmitter } from 'node:events';
import type { DeviceLink } from '../../sandbox/fleet/gateway';
import { startRest, type RestBench } from './rest-setup';

/** A vehicle whose answers a test decides. */
class Vehicle extends EventEmitter implements DeviceLink {
  readonly commands: string[] = [];
  answer: (name: string, properties: Record<string, unknown>) => Promise<unknown> = async (name) => `${name} done`;

  async command(_id: number, name: string, properties: Record<string, unknown>): Promise<unknown> {
    this.commands.push(name);
    const answer = this.answer(name, properties);
    this.emit('command', name);
    return answer;
  }

  async setting(_id: number, name: string, properties: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    await this.answer(name, properties);
    return { ...properties, told: true };
  }
}

const device = 5_000_001;
const path = `gw/devices/${device}`;

describe('rest: commands and settings of devices', () => {
  let bench: RestBench;
  let vehicle: Vehicle;
  let now: number;
  const never = (): Promise<never> => new Promise(() => {});

  beforeEach(async () => {
    now = Math.floor(Date.now() / 1000);
    bench = await startRest({ now: () => now });
    const { platform } = bench.sandbox;
    platform.deviceLink = vehicle = new Vehicle();
    const body = ['1', '2'].map((ident) => ({ device_type_id: 42, configuration: { ident } }));
    await bench.call('POST', 'gw/devices', { body });
  });
  afterEach(() => bench.close());

  const connect = (up = true): void => bench.sandbox.gateway.connection(device, up);
  const send = (body: object[], suffix = ''): ReturnType<RestBench['call']> =>
    bench.call('POST', `${path}/commands${suffix}`, { body });
  const custom = { name: 'custom', properties: { text: 'getver' } };

  it('a command is answered inline', async () => {
    connect();
    const { result } = await send([custom]);
    assert.equal(result[0]?.['response'], 'custom done');
    assert.equal(result[0]?.['executed'], true);
  });

  it('a command to several devices serves those that are there', async () => {
    connect();
    const { status, result, errors } = await bench.call('POST', 'gw/devices/all/commands', { body: [custom] });
    assert.equal(status, 200);
    assert.equal(result.length, 1);
    assert.equal(errors[0]?.id, device + 1);
    assert.match(errors[0]?.reason ?? '', /not delivered within the timeout because the device with id 5000002 is not/);
  });

  it('a vehicle that refuses is a command that was not delivered', async () => {
    connect();
    vehicle.answer = async () => {
      throw new Error('Out of contact');
    };
    const { status, errors } = await send([custom]);
    assert.equal(status, 400);
    assert.deepEqual([errors[0]?.code, errors[0]?.id], [2, device]);
  });

  const refusals: [title: string, body: unknown, reason: RegExp][] = [
    ['an object', custom, /expected an array/],
    ['nothing', [], /expected an array/],
    ['a command without a name', [{ properties: {} }], /"name" must be text/],
    ['a command that the device does not know', [{ name: 'fly' }], /does not know the command "fly"/],
    ['a timeout that is too short', [{ ...custom, timeout: 1 }], /"timeout" must be a number from 5 to 60/],
    ['an unknown field', [{ ...custom, wait: 1 }], /unknown field "wait"/],
    ['properties that are no object', [{ name: 'custom', properties: 1 }], /"properties" must be an object/],
  ];
  for (const [title, body, reason] of refusals) {
    it(`refuses ${title}`, async () => {
      connect();
      const { status, errors } = await bench.call('POST', `${path}/commands`, { body });
      assert.equal(status, 400);
      assert.match(errors[0]?.reason ?? '', reason);
      assert.deepEqual(vehicle.commands, []);
    });
  }

  it('GET of commands is an unknown path', async () => {
    const { status, text } = await bench.get(`${path}/commands`);
    assert.equal(status, 404);
    assert.equal(text, 'Not found');
  });

  it('a queued command waits for the device, the most urgent first', async () => {
    const { result } = await send([custom, { name: 'position.request', priority: 5 }], '-queue');
    assert.equal(result.length, 2);
    const { result: queued } = await bench.get(`${path}/commands-queue/all?fields=name,max_attempts`);
    assert.deepEqual(queued, [
      { name: 'custom', max_attempts: 3 },
      { name: 'position.request', max_attempts: 3 },
    ]);
    assert.deepEqual(vehicle.commands, []);
    const second = new Promise((resolve) => {
      vehicle.on('command', (name) => name === 'custom' && setImmediate(resolve));
    });
    connect();
    await second;
    assert.deepEqual(vehicle.commands, ['position.request', 'custom']);
    assert.deepEqual((await bench.get(`${path}/commands-queue/all`)).result, []);
    const { result: done } = await bench.get(`${path}/commands-result`, { data: { fields: 'name,executed,response' } });
    assert.deepEqual(done, [
      { name: 'position.request', executed: true, response: 'position.request done' },
      { name: 'custom', executed: true, response: 'custom done' },
    ]);
    const one = await bench.get(`${path}/commands-result/${String(result[0]?.['id'])}?fields=name`);
    assert.deepEqual(one.result, [{ name: 'custom' }]);
  });

  it('a queued command is given up after its attempts', async () => {
    vehicle.answer = async () => {
      throw new Error('no');
    };
    await send([{ ...custom, max_attempts: 2 }], '-queue');
    connect();
    while (vehicle.commands.length < 2) await once(vehicle, 'command');
    await new Promise(setImmediate);
    const { result } = await bench.get(`${path}/commands-result`, { data: { fields: 'executed' } });
    assert.deepEqual(result, [{ executed: false }]);
    assert.deepEqual((await bench.get(`${path}/commands-queue/all`)).result, []);
  });

  it('a queued command lives as long as it was told', async () => {
    await send(
      [
        { ...custom, ttl: 60 },
        { ...custom, expires: now + 120 },
      ],
      '-queue',
    );
    now += 61;
    bench.sandbox.platform.commands.expire();
    const { result } = await bench.get(`${path}/commands-queue/all`);
    assert.equal(result.length, 1);
    assert.equal(result[0]?.['expires'], now - 61 + 120);
  });

  it('a queued command can be cancelled', async () => {
    const { result } = await send([custom], '-queue');
    const id = String(result[0]?.['id']);
    assert.deepEqual((await bench.call('DELETE', `${path}/commands-queue/${id}`)).result, [{ id: Number(id) }]);
    assert.deepEqual((await bench.get(`${path}/commands-queue/all`)).result, []);
  });

  it('a setting is pending until the device has taken it', async () => {
    const overspeed = `${path}/settings/overspeed`;
    const first = await bench.get(overspeed);
    assert.deepEqual(first.result[0]?.['current'], { limit: 90, buzzer: false });
    const body = { properties: { limit: 70 }, address: 'connection' };
    const { result } = await bench.call('PUT', `${overspeed}?fields=current,pending`, { body });
    assert.deepEqual(result, [{ current: { limit: 90, buzzer: false }, pending: { limit: 70 } }]);
    connect();
    await new Promise(setImmediate);
    const after = await bench.get(`${overspeed}?fields=current,pending,status`);
    assert.deepEqual(after.result, [{ current: { limit: 70, told: true }, pending: null, status: 1 }]);
  });

  it('a pending setting can be cancelled', async () => {
    const overspeed = `${path}/settings/overspeed`;
    await bench.call('PUT', overspeed, { body: { properties: { limit: 70 } } });
    const { result } = await bench.call('DELETE', overspeed, { data: { pending: true } });
    assert.equal(result[0]?.['pending'], null);
  });

  const settingRefusals: [body: unknown, reason: RegExp][] = [
    [{}, /"properties" must be an object/],
    [{ properties: { speed: 1 } }, /has no property "speed"/],
    [{ properties: { limit: 'fast' } }, /"limit" of setting "overspeed" must be a number/],
    [{ properties: {}, mode: 1 }, /unknown field "mode"/],
  ];
  for (const [body, reason] of settingRefusals) {
    it(`refuses the setting ${JSON.stringify(body)}`, async () => {
      const { status, errors } = await bench.call('PUT', `${path}/settings/overspeed`, { body });
      assert.equal(status, 400);
      assert.match(errors[0]?.reason ?? '', reason);
    });
  }

  it('connections show while they last, and can be closed', async () => {
    connect();
    const { result } = await bench.get(`${path}/connections/all`);
    assert.equal(result[0]?.['ident'], '1');
    const channel = await bench.get('gw/channels/all/connections/all?fields=device_id');
    assert.deepEqual(channel.result, [{ device_id: device }]);
    assert.deepEqual((await bench.get(`${path}?fields=connected`)).result, [{ connected: true }]);
    await bench.call('DELETE', `${path}/connections/${String(result[0]?.['id'])}`);
    assert.deepEqual((await bench.get(`${path}/connections/all`)).result, []);
    const { result: logs } = await bench.get(`${path}/logs`, {
      data: { filter: 'event_code>=300', fields: 'event_code' },
    });
    assert.deepEqual(logs, [{ event_code: 300 }, { event_code: 301 }]);
  });

  it('closes while a command waits', async () => {
    connect();
    vehicle.answer = never;
    const waiting = send([custom]).then(
      () => 'answered',
      () => 'gone',
    );
    await once(vehicle, 'command');
    await bench.sandbox.close();
    assert.ok(['answered', 'gone'].includes(await waiting));
  });
});
