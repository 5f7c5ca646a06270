import assert from 'node:assert/strict';

import type { DeviceMessage } from '../../sandbox/fleet/gateway';
import { historyOf, lastMessageOf } from '../../sandbox/fleet/history';
import { firstDeviceId } from '../../sandbox/fleet/vehicle-items';
import { metresBetween } from './metres-between';

const until = 1_800_000_000;
const devices = 40;
const day = 86_400;

const read = (seed: number, index: number, from: number, to: number, days?: number): DeviceMessage[] => [
  ...historyOf({ seed, devices, until, ...(days === undefined ? {} : { days }) })(firstDeviceId + index, from, to),
];
const number = (message: DeviceMessage, name: string): number => {
  const value = message[name];
  assert.equal(typeof value, 'number', `${name} is ${String(value)}`);
  return value as number;
};
const mileage = (message: DeviceMessage): number =>
  number(message, 'can.vehicle.mileage' in message ? 'can.vehicle.mileage' : 'vehicle.mileage');
const fuel = (message: DeviceMessage): number =>
  number(message, 'can.fuel.level' in message ? 'can.fuel.level' : 'fuel.level');
const place = (message: DeviceMessage): { latitude: number; longitude: number } => ({
  latitude: number(message, 'position.latitude'),
  longitude: number(message, 'position.longitude'),
});
const pairs = (messages: readonly DeviceMessage[]): [DeviceMessage, DeviceMessage][] =>
  messages.slice(1).map((message, index) => [messages[index] as DeviceMessage, message]);

describe('fleet: history', () => {
  it('is the same for the same seed and differs with another', () => {
    assert.deepEqual(read(1, 3, until - day, until), read(1, 3, until - day, until));
    assert.notDeepEqual(read(1, 0, until - day, until), read(2, 0, until - day, until));
  });

  it('is ascending, within the range, both ends included', () => {
    for (let index = 0; index < devices; index += 1) {
      const messages = read(1, index, until - day, until - day / 2);
      for (const [before, after] of pairs(messages)) assert.ok(before.timestamp < after.timestamp);
      const middle = messages[messages.length >> 1];
      if (!middle) continue;
      assert.deepEqual(read(1, index, middle.timestamp, middle.timestamp), [middle]);
    }
  });

  it('gives any short range as the long one has it', () => {
    const whole = read(1, 5, until - 3 * day, until);
    for (let from = until - 3 * day; from < until; from += 7000) {
      const to = from + 3000;
      const part = whole.filter(({ timestamp }) => timestamp >= from && timestamp <= to);
      assert.deepEqual(read(1, 5, from, to), part);
    }
  });

  it('knows nothing of devices that the fleet did not bring, nor of the time before its days', () => {
    assert.deepEqual(read(1, devices, 0, until), []);
    assert.deepEqual(read(1, -1, 0, until), []);
    const oldest = read(1, 0, 0, until, 2)[0]?.timestamp ?? 0;
    assert.ok(oldest >= until - 2 * day && oldest < until - 2 * day + 3600, `${until - oldest} s old`);
  });

  it('drives distances that fit the time and the odometer, with headings that fit the way', () => {
    let compared = 0;
    for (let index = 0; index < devices; index += 1) {
      for (const [before, after] of pairs(read(1, index, until - day, until))) {
        const driven = (mileage(after) - mileage(before)) * 1000;
        assert.ok(driven >= 0, `the odometer of ${index} fell by ${driven} m at ${after.timestamp}`);
        if (!('position.latitude' in after)) continue;
        const metres = metresBetween(place(before), place(after));
        const seconds = after.timestamp - before.timestamp;
        assert.ok(metres <= driven * 1.02 + 2, `${metres} m on the map, ${driven} m on the odometer`);
        assert.ok(driven <= seconds * 27 + 2, `${driven} m in ${seconds} s`);
        const steady =
          number(before, 'position.direction') === number(after, 'position.direction') ? seconds <= 10 : false;
        const speeds = [number(before, 'position.speed'), number(after, 'position.speed')] as const;
        if (steady && Math.abs(speeds[0] - speeds[1]) < 0.05 && speeds[0] > 30) {
          compared += 1;
          assert.ok(
            Math.abs(metres - (speeds[0] / 3.6) * seconds) < 0.02 * metres + 2,
            `${metres} m at ${speeds[0]} km/h`,
          );
        }
      }
    }
    assert.ok(compared > 5, `${compared} steady pairs`);
  });

  it('stands still without the engine', () => {
    for (let index = 0; index < devices; index += 1) {
      for (const message of read(1, index, until - day, until)) {
        if (message['engine.ignition.status'] === true) continue;
        assert.equal(message['movement.status'], false);
        if ('position.speed' in message) assert.equal(message['position.speed'], 0);
      }
    }
  });

  it('burns fuel, fills up, and stays between empty and full', () => {
    for (let index = 0; index < devices; index += 5) {
      let filled = 0;
      let burnt = 0;
      const messages = read(1, index, until - 4 * day, until);
      for (const message of messages) assert.ok(fuel(message) > 5 && fuel(message) <= 100, `${fuel(message)} %`);
      for (const [before, after] of pairs(messages)) {
        const change = fuel(after) - fuel(before);
        if (change > 0) {
          filled += change;
          assert.equal(before['engine.ignition.status'], false, 'nobody fills up with the engine on');
        } else burnt -= change;
      }
      if (index % 20 === 13) continue;
      assert.ok(filled > 5 && burnt > 5, `vehicle ${index} filled ${filled} and burnt ${burnt}`);
    }
  });

  it('has black-box uploads with old timestamps, and leaves those under way to the live fleet', () => {
    const messages = Array.from({ length: devices }, (_, index) => read(1, index, until - day, until)).flat();
    const late = messages.filter((message) => number(message, 'server.timestamp') - message.timestamp > 60);
    assert.ok(late.length > 50);
    for (const message of late) assert.equal(message['message.buffered.status'], true);
    for (const message of messages) assert.ok(number(message, 'server.timestamp') <= until);
  });

  it('has a vehicle that is silent for more than a day, and one without position', () => {
    const silent = [13, 33].map((index) => read(1, index, until - day, until).length);
    assert.ok(silent.includes(0), `messages of the laid-up vehicles: ${silent.join()}`);
    for (const message of read(1, 17, until - day, until)) assert.ok(!('position.latitude' in message));
  });

  it('ends with what is known as the last message, which every vehicle has', () => {
    const last = lastMessageOf({ seed: 1, devices, until });
    for (let index = 0; index < devices; index += 1) {
      const message = last(firstDeviceId + index);
      assert.ok(message && Number(message['server.timestamp']) <= until, `vehicle ${index}`);
      const known = read(1, index, until - day, until).at(-1);
      if (known) assert.deepEqual(message, known);
      else assert.ok(message.timestamp > until - 29 * day && message.timestamp < until - day);
    }
    assert.equal(last(firstDeviceId + devices), undefined);
  });

  it('has cold goods in the reefers and harsh events somewhere', () => {
    const reefer = read(1, 3, until - day, until);
    for (const message of reefer) {
      const temperature = number(message, 'ble.sensor.temperature.1');
      assert.ok(temperature > -25 && temperature < 12, String(temperature));
    }
    const names = new Set<string>();
    for (let index = 0; index < devices; index += 1) {
      for (const message of read(1, index, until - day, until)) {
        for (const name of Object.keys(message)) if (name.startsWith('harsh.')) names.add(name);
      }
    }
    assert.deepEqual([...names].sort(), ['harsh.acceleration.event', 'harsh.braking.event', 'harsh.cornering.event']);
  });
});
