import assert from 'node:assert/strict';

import { createFleet } from '../../sandbox/fleet/fleet';
import type { Fleet } from '../../sandbox/fleet/fleet';
import type { DeviceMessage, Gateway } from '../../sandbox/fleet/gateway';
import { historyOf } from '../../sandbox/fleet/history';
import { OutOfContactError } from '../../sandbox/fleet/out-of-contact-error';
import { fleetGroups, vehicleItems } from '../../sandbox/fleet/vehicle-items';
import { metresBetween } from './metres-between';

const began = 1_800_000_000;

interface Witness extends Gateway {
  sent: { deviceId: number; messages: readonly DeviceMessage[] }[];
  connected: Map<number, boolean>;
  moves: { deviceId: number; from: string; to: string }[];
}

function witness(devices: number, seed = 1): Witness {
  const seen: Witness = {
    deviceIds: vehicleItems({ seed, devices }).map(({ id }) => id),
    sent: [],
    connected: new Map(),
    moves: [],
    report: (deviceId, messages) => void seen.sent.push({ deviceId, messages }),
    connection: (deviceId, up) => {
      assert.notEqual(seen.connected.get(deviceId), up, 'told once');
      seen.connected.set(deviceId, up);
    },
    regroup: (deviceId, from, to) => void seen.moves.push({ deviceId, from, to }),
  };
  return seen;
}

function live(fleet: Fleet, from: number, seconds: number, step = 0.1): void {
  for (let time = from; time <= from + seconds; time += step) fleet.tick(time);
}

describe('fleet: live', () => {
  it('sends as many messages per second as it should, spread evenly', () => {
    const gateway = witness(50);
    const fleet = createFleet({ gateway, seed: 1, rate: 20 });
    live(fleet, began, 600);
    const perSecond = new Map<number, number>();
    for (const { messages } of gateway.sent) {
      for (const message of messages) {
        if (message['message.buffered.status'] === true) continue;
        const second = Math.floor(message.timestamp);
        perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
      }
    }
    const total = gateway.sent.reduce((sum, { messages }) => sum + messages.length, 0);
    assert.ok(Math.abs(total - 12_000) < 300, `${total} in ten minutes`);
    const usual = [...perSecond.values()].filter((count) => count >= 19 && count <= 21).length;
    assert.ok(usual > 450, `${usual} seconds with about 20`);
  });

  it('is the same for the same seed and the same ticks', () => {
    const runs = [1, 1, 2].map((seed) => {
      const gateway = witness(20, seed);
      live(createFleet({ gateway, seed, rate: 10 }), began, 60);
      return gateway.sent;
    });
    assert.deepEqual(runs[0], runs[1]);
    assert.notDeepEqual(runs[0], runs[2]);
  });

  it('goes on exactly where the history ends', () => {
    const devices = 40;
    const gateway = witness(devices);
    live(createFleet({ gateway, seed: 1, rate: 400 }), began, 2);
    const history = historyOf({ seed: 1, devices, until: began });
    let compared = 0;
    for (const { deviceId, messages } of gateway.sent) {
      const first = messages.at(-1);
      const last = [...history(deviceId, began - 700, began)].at(-1);
      if (!first || !last || first['message.buffered.status'] === true) continue;
      const name = 'can.vehicle.mileage' in first ? 'can.vehicle.mileage' : 'vehicle.mileage';
      const driven = 1000 * (Number(first[name]) - Number(last[name]));
      const seconds = first.timestamp - last.timestamp;
      assert.ok(driven >= 0 && driven <= seconds * 27, `${driven} m in ${seconds} s`);
      if (!('position.latitude' in first)) continue;
      const [from, to] = [last, first].map((message) => ({
        latitude: Number(message['position.latitude']),
        longitude: Number(message['position.longitude']),
      })) as [{ latitude: number; longitude: number }, { latitude: number; longitude: number }];
      assert.ok(metresBetween(from, to) <= driven * 1.02 + 2);
      compared += 1;
    }
    assert.ok(compared > 20, `${compared} compared`);
  });

  it('loses contact, and uploads afterwards what was recorded, oldest first', () => {
    const gateway = witness(20);
    const fleet = createFleet({ gateway, seed: 1, rate: 10 });
    const history = historyOf({ seed: 1, devices: 20, until: began + 40_000 });
    live(fleet, began, 20_000, 1);
    const late = gateway.sent.flatMap(({ deviceId, messages }) =>
      messages
        .filter((message) => message['message.buffered.status'] === true)
        .map((message) => ({ deviceId, message })),
    );
    assert.ok(late.length > 40, `${late.length} late messages`);
    const newest = new Map<number, number>();
    for (const { deviceId, message } of late) {
      assert.ok(message.timestamp > (newest.get(deviceId) ?? 0), 'each once, in order');
      newest.set(deviceId, message.timestamp);
      assert.ok(Number(message['server.timestamp']) > message.timestamp);
      const recorded = [...history(deviceId, message.timestamp, message.timestamp)];
      assert.deepEqual({ ...recorded[0], 'server.timestamp': message['server.timestamp'] }, message);
    }
  });

  it('does not catch up on more than two seconds after a pause, nor on a clock that was set back', () => {
    const gateway = witness(20);
    const fleet = createFleet({ gateway, seed: 1, rate: 10 });
    fleet.tick(began);
    fleet.tick(began + 3600);
    const sent = gateway.sent.length;
    assert.ok(sent > 0 && sent <= 20, `${sent} reports`);
    fleet.tick(began);
    assert.equal(gateway.sent.length, sent);
    fleet.tick(began + 1);
    assert.ok(gateway.sent.length > sent);
  });

  it('leaves a fleet of rate 0 silent, and an empty fleet alone', () => {
    const gateway = witness(20);
    live(createFleet({ gateway, seed: 1, rate: 0 }), began, 100);
    assert.deepEqual(gateway.sent, []);
    assert.ok([...gateway.connected.values()].includes(true));
    live(createFleet({ gateway: witness(0), seed: 1, rate: 10 }), began, 10);
  });

  it('moves vehicles between groups now and then', () => {
    const gateway = witness(20);
    live(createFleet({ gateway, seed: 1, rate: 1 }), began, 7200, 1);
    assert.equal(gateway.moves.length, 12);
    const now = new Map(vehicleItems({ seed: 1, devices: 20 }).map((item) => [item.id, item.groups[1]]));
    for (const { deviceId, from, to } of gateway.moves) {
      assert.equal(from, now.get(deviceId));
      assert.notEqual(from, to);
      assert.ok(fleetGroups.includes(to));
      now.set(deviceId, to);
    }
  });
});

describe('fleet: timer', () => {
  it('lives by its timer from start to stop, whatever the gateway throws', () => {
    const gateway = witness(5);
    const timers: { run: () => void; cancelled: boolean }[] = [];
    const errors: unknown[] = [];
    let now = began;
    const fleet = createFleet({
      gateway: {
        ...gateway,
        report: () => {
          throw new Error('full');
        },
      },
      seed: 1,
      rate: 10,
      now: () => now,
      setTimer: (run) => {
        const timer = { run, cancelled: false };
        timers.push(timer);
        return () => void (timer.cancelled = true);
      },
      onError: (error) => errors.push(error),
    });
    fleet.start();
    fleet.start();
    assert.equal(timers.length, 1);
    now += 1;
    timers[0]?.run();
    assert.equal(timers.length, 2);
    assert.match(String(errors[0]), /full/);
    fleet.stop();
    fleet.stop();
    assert.equal(timers.at(-1)?.cancelled, true);
  });
});

describe('fleet: commands', () => {
  const soon = (run: () => void): (() => void) => {
    const timer = setImmediate(run);
    return () => clearImmediate(timer);
  };
  const never = (): (() => void) => () => undefined;
  const { signal } = new AbortController();
  const items = vehicleItems({ seed: 1, devices: 40 });
  const fleetWith = (setTimer: (run: () => void, milliseconds: number) => () => void, gateway = witness(40)) =>
    createFleet({ gateway, seed: 1, rate: 100, now: () => began, setTimer });
  /** One that is in contact, with what a tracker has. */
  const reachable = async (fleet: Fleet): Promise<number> => {
    for (const item of items) {
      if (item.protocol_name !== 'teltonika' || item.id % 20 === 18) continue;
      const answer = await fleet.command(item.id, 'custom', { text: 'getgps' }, signal).catch(() => '');
      if (String(answer).startsWith('GPS:1')) return item.id;
    }
    throw new Error('Nobody answers');
  };

  for (const [name, properties, expected] of [
    ['custom', { text: 'getver' }, /^Ver:.*IMEI:\d{15}/],
    ['custom', { text: 'getinfo' }, /^RTC:2027-01-15T/],
    ['custom', { text: 'GetStatus' }, /Outputs: 0/],
    ['custom', { text: 'setdigout 1?0' }, /set to:1\?0/],
    ['custom', { text: 'setdigout x' }, /Expected setdigout/],
    ['custom', { text: 'cpureset' }, /restarting/],
    ['custom', { text: 'make tea' }, /Unknown command: make/],
    ['custom', {}, /Unknown command/],
    ['getver', {}, /^Ver:/],
    ['position.request', {}, /"latitude":54\./],
    ['setdigout', { output: 2, value: true }, /"value":true/],
    ['setdigout', { output: 9, value: true }, /no such output/],
    ['engine.block', { blocked: true }, /"blocked":true/],
  ] as const) {
    it(`answers ${name} ${JSON.stringify(properties)}`, async () => {
      const fleet = fleetWith(soon);
      const answer = await fleet.command(await reachable(fleet), name, { ...properties }, signal);
      assert.match(typeof answer === 'string' ? answer : JSON.stringify(answer), expected);
    });
  }

  it('shows switched outputs in the next message', async () => {
    const gateway = witness(40);
    const fleet = fleetWith(soon, gateway);
    const id = await reachable(fleet);
    await fleet.command(id, 'setdigout', { output: 2, value: true }, signal);
    live(fleet, began, 10);
    const message = gateway.sent.findLast(({ deviceId }) => deviceId === id)?.messages.at(-1);
    assert.equal(message?.['dout'], 2);
  });

  it('holds a setting that was written, and reads it anew', async () => {
    const fleet = fleetWith(soon);
    const id = await reachable(fleet);
    assert.deepEqual(await fleet.setting(id, 'overspeed', undefined, signal), { limit: 90, buzzer: false });
    assert.deepEqual(await fleet.setting(id, 'overspeed', { limit: 20 }, signal), { limit: 20, buzzer: false });
    assert.deepEqual(await fleet.setting(id, 'overspeed', undefined, signal), { limit: 20, buzzer: false });
    await assert.rejects(fleet.setting(id, 'colour', undefined, signal), /no setting colour/);
  });

  it('rejects for a silent vehicle and for a device that is none of its own', async () => {
    const fleet = fleetWith(soon);
    const answers = await Promise.allSettled(items.map(({ id }) => fleet.command(id, 'getver', {}, signal)));
    const refused = answers.filter((answer) => answer.status === 'rejected');
    assert.ok(refused.length > 0 && refused.length < 12, `${refused.length} refused`);
    for (const { reason } of refused) assert.ok(reason instanceof OutOfContactError);
    for (const stranger of [1, (items.at(-1)?.id ?? 0) + 1]) {
      await assert.rejects(fleet.command(stranger, 'getver', {}, signal), OutOfContactError);
    }
  });

  it('rejects with the signal, before and while it waits', async () => {
    const id = await reachable(fleetWith(soon));
    const fleet = fleetWith(never);
    await assert.rejects(fleet.command(id, 'getver', {}, AbortSignal.abort(new Error('early'))), /early/);
    const controller = new AbortController();
    const answer = fleet.command(id, 'getver', {}, controller.signal);
    controller.abort(new Error('too late'));
    await assert.rejects(answer, /too late/);
  });

  it('refuses whoever still waits when it stops', async () => {
    const id = await reachable(fleetWith(soon));
    const fleet = fleetWith(never);
    const answer = fleet.command(id, 'getver', {}, signal);
    fleet.stop();
    await assert.rejects(answer, /stopped/);
  });
});
