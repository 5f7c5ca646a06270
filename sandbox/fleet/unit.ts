import { deviceTypeById } from '../platform/dictionaries';
import { gapAt, isSilent } from './contact';
import type { Gap } from './contact';
import { answerCommand } from './command-answers';
import type { Drives, VehicleState } from './drives';
import type { DeviceMessage } from './gateway';
import { blackBox } from './history';
import type { HarshEvent } from './trip';
import type { Vehicle } from './vehicle';
import { vehicleItem } from './vehicle-items';
import type { VehicleItem } from './vehicle-items';
import { vehicleMessage } from './vehicle-message';

/** Of so many turns, a parked vehicle uses one: it has little to tell. */
const turnsParked = 5;

/** The device in a vehicle, live: what it has sent, what it owes, what it was told. */
export class Unit {
  readonly vehicle: Vehicle;
  readonly item: VehicleItem;
  /** Outputs that commands have switched on, as bits. */
  outputs = 0;
  /** What the platform was told last; undefined before it was told anything. */
  connected: boolean | undefined;
  /** The area group that it is in now. */
  area: string;
  /** Settings that were written; the others have the default of the device type. */
  readonly #written = new Map<string, Record<string, unknown>>();
  /** The gap whose recordings are still in the device. */
  #owed: Gap | undefined;
  /** The upload of recordings under way. */
  #upload: Iterator<DeviceMessage> | undefined;
  #lastReport: number;
  #passed = 0;
  /** Within these times the vehicle is known to be parked. */
  #parkedFrom = Infinity;
  #parkedUntil = 0;

  constructor(
    private readonly drives: Drives,
    index: number,
    started: number,
  ) {
    this.vehicle = drives.vehicle(index);
    this.item = vehicleItem(this.vehicle);
    this.area = this.item.groups[1];
    this.#lastReport = started;
    this.#owed = gapAt(this.vehicle, started);
  }

  isInContact(time: number): boolean {
    if (isSilent(this.vehicle, time)) return false;
    const gap = gapAt(this.vehicle, time);
    if (gap) this.#owed = gap;
    return !gap;
  }

  /** Does the vehicle use its turn? On the road always, parked now and then. */
  takesTurn(time: number): boolean {
    if (this.#owed || this.#upload || !this.#isParked(time)) return true;
    this.#passed = (this.#passed + 1) % turnsParked;
    return this.#passed === 1;
  }

  /** What the device sends now: at most `most` recordings from a time without contact, then the present. */
  report(time: number, received: number, most: number): DeviceMessage[] {
    if (this.#owed) {
      this.#upload = blackBox(this.drives, this.vehicle, this.item, this.#owed.from, this.#owed.to);
      this.#owed = undefined;
    }
    const messages: DeviceMessage[] = [];
    while (this.#upload && messages.length < most) {
      const next = this.#upload.next();
      if (next.done) this.#upload = undefined;
      else messages.push({ ...next.value, 'server.timestamp': Math.round(received * 1000) / 1000 });
    }
    messages.push(this.#present(time, received));
    return messages;
  }

  answer(time: number, name: string, properties: Readonly<Record<string, unknown>>): unknown {
    return answerCommand(this, this.drives.stateAt(this.vehicle, time), name, properties);
  }

  /** The setting as the device holds it, after writing the given properties into it. Undefined when it has no such setting. */
  setting(name: string, properties?: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
    const type = deviceTypeById.get(this.item.device_type_id)?.settings.find((entry) => entry.name === name);
    if (!type) return undefined;
    const current = { ...(this.#written.get(name) ?? type.default), ...properties };
    if (properties) this.#written.set(name, current);
    return current;
  }

  #isParked(time: number): boolean {
    if (time < this.#parkedFrom || time >= this.#parkedUntil) {
      const state = this.drives.stateAt(this.vehicle, time);
      this.#parkedFrom = time;
      this.#parkedUntil = state.ignition ? time : state.until;
    }
    return time < this.#parkedUntil;
  }

  #present(time: number, received: number): DeviceMessage {
    const state = this.drives.stateAt(this.vehicle, time);
    const limit = this.setting('overspeed')?.['limit'];
    const message = vehicleMessage(this.vehicle, this.item, state, {
      received,
      outputs: this.outputs,
      harsh: this.#harshSince(state, time),
      ...(typeof limit === 'number' ? { speedLimit: limit } : {}),
    });
    this.#lastReport = time;
    return message;
  }

  #harshSince({ plan }: VehicleState, time: number): HarshEvent | undefined {
    const planned = this.drives.lastTrip(plan, time);
    if (!planned) return undefined;
    const { events } = this.drives.outing(this.vehicle, plan, planned);
    return events.find((event) => event.time > this.#lastReport && event.time <= time)?.kind;
  }
}
