import { gapAt, isSilent } from './contact';
import { dayAt } from './day-plan';
import type { DayPlan } from './day-plan';
import { Drives } from './drives';
import type { Outing } from './drives';
import type { DeviceMessage, History } from './gateway';
import type { Vehicle } from './vehicle';
import { vehicleIndex, vehicleItem } from './vehicle-items';
import type { FleetOptions, VehicleItem } from './vehicle-items';
import { receivedAt, vehicleMessage } from './vehicle-message';

export interface HistoryOptions extends FleetOptions {
  /**
   * Unix seconds at which the live fleet takes over: nothing in the history was received later. What a vehicle recorded out
   * of contact and uploads after this moment is left to the live fleet.
   */
  until: number;
  /** How far the past reaches back from `until`. */
  days?: number;
}

const parkedEvery = 600;

/** The past of a fleet, worked out when it is read. Vehicles report often on the road and now and then while parked. */
export function historyOf({ seed, devices, until, days = 7 }: HistoryOptions): History {
  const drives = new Drives(seed);
  const begin = until - days * 86_400;
  return function* history(deviceId, from, to) {
    const index = vehicleIndex(deviceId, devices);
    if (index === undefined) return;
    const vehicle = drives.vehicle(index);
    const item = vehicleItem(vehicle);
    for (const message of record(drives, vehicle, item, Math.max(from, begin), Math.min(to, until))) {
      if (Number(message['server.timestamp']) <= until) yield message;
    }
  };
}

/** The messages that a vehicle records from one moment to another, both included, in order. */
export function* record(
  drives: Drives,
  vehicle: Vehicle,
  item: VehicleItem,
  from: number,
  to: number,
): Generator<DeviceMessage> {
  for (let day = dayAt(vehicle, from); day <= dayAt(vehicle, to); day += 1) {
    const plan = drives.plan(vehicle, day);
    if (isSilent(vehicle, plan.begin)) continue;
    for (const time of reportTimes(drives, vehicle, plan, from, to)) {
      const state = drives.stateAt(vehicle, time);
      const planned = drives.lastTrip(plan, time);
      const harsh = planned && harshAt(drives.outing(vehicle, plan, planned), time);
      yield vehicleMessage(vehicle, item, state, { ...receivedAt(vehicle, time), harsh });
    }
  }
}

/**
 * The last message of each vehicle that was received before `until`, found without making the others; also of a vehicle whose
 * last message is older than its history reaches. Undefined for devices that the fleet did not bring.
 */
export function lastMessageOf(options: Omit<HistoryOptions, 'days'>): (deviceId: number) => DeviceMessage | undefined {
  const drives = new Drives(options.seed);
  return (deviceId) => {
    const index = vehicleIndex(deviceId, options.devices);
    if (index === undefined) return undefined;
    const vehicle = drives.vehicle(index);
    const item = vehicleItem(vehicle);
    const heard = gapAt(vehicle, options.until)?.from ?? options.until;
    let day = dayAt(vehicle, heard);
    // A laid-up vehicle is silent for 27 days at most. On the road the last minute holds a message, parked the last 11.
    for (let back = 0; back <= 28; back += 1, day -= 1) {
      const plan = drives.plan(vehicle, day);
      const to = Math.min(heard, plan.end);
      if (isSilent(vehicle, plan.begin)) continue;
      for (const reach of [60, 660, 3600, 86_400]) {
        const last = lastReceived(record(drives, vehicle, item, Math.max(plan.begin, to - reach), to), options.until);
        if (last) return last;
      }
    }
    return undefined;
  };
}

function lastReceived(messages: Iterable<DeviceMessage>, until: number): DeviceMessage | undefined {
  let last: DeviceMessage | undefined;
  for (const message of messages) if (Number(message['server.timestamp']) <= until) last = message;
  return last;
}

/** When the vehicle reports on a day, within the range: ascending whole seconds, each once. */
function* reportTimes(drives: Drives, vehicle: Vehicle, plan: DayPlan, from: number, to: number): Generator<number> {
  const last = Math.min(to, plan.end - 1);
  let parkedFrom = plan.begin;
  for (const planned of plan.trips) {
    if (planned.begin > last) break;
    if (planned.next <= from) {
      parkedFrom = planned.next;
      continue;
    }
    const outing = drives.outing(vehicle, plan, planned);
    yield* within(parkedTimes(vehicle, parkedFrom, planned.begin), from, last);
    yield* within(roadTimes(vehicle, outing), from, last);
    parkedFrom = Math.max(outing.end + 1, planned.begin);
  }
  yield* within(parkedTimes(vehicle, Math.max(parkedFrom, from), last + 1), from, last);
}

function* within(times: Iterable<number>, from: number, to: number): Generator<number> {
  for (const time of times) {
    if (time > to) return;
    if (time >= from) yield time;
  }
}

/** Every ten minutes from the first second up to but not including the second. */
function* parkedTimes(vehicle: Vehicle, from: number, to: number): Generator<number> {
  const phase = vehicle.key % parkedEvery;
  for (let time = Math.ceil((from - phase) / parkedEvery) * parkedEvery + phase; time < to; time += parkedEvery)
    yield time;
}

/** When the engine starts and stops, at the vehicle's cadence between, at every turn, and when something harsh happens. */
function roadTimes(vehicle: Vehicle, outing: Outing): number[] {
  const times = new Set([Math.ceil(outing.begin)]);
  const end = Math.ceil(outing.end);
  // The engine that runs on until the next trip has no stop to report.
  const isOpen = outing.end >= outing.planned.next;
  for (let time = Math.ceil(outing.begin) + vehicle.cadence; time < end; time += vehicle.cadence) times.add(time);
  if (!isOpen) times.add(end);
  for (const turn of outing.turns) times.add(Math.ceil(turn));
  for (const event of outing.events) times.add(Math.ceil(event.time));
  return [...times].sort((a, b) => a - b);
}

function harshAt(outing: Outing, time: number): Outing['events'][number]['kind'] | undefined {
  return outing.events.find((event) => Math.ceil(event.time) === time)?.kind;
}

/** What a vehicle recorded while it had no contact, up to a moment: the black box. */
export function* blackBox(
  drives: Drives,
  vehicle: Vehicle,
  item: VehicleItem,
  from: number,
  to: number,
): Generator<DeviceMessage> {
  for (const message of record(drives, vehicle, item, from, to)) {
    if (gapAt(vehicle, message.timestamp)) yield message;
  }
}
