import { Drives } from './drives';
import { Errands } from './errands';
import type { SetTimer } from './errands';
import type { DeviceLink, Gateway } from './gateway';
import { OutOfContactError } from './out-of-contact-error';
import { at, between, fraction, hash } from './random';
import { Unit } from './unit';
import { areaGroups, vehicleIndex } from './vehicle-items';

export interface LiveFleetOptions {
  gateway: Gateway;
  /** The seed that the devices of the gateway were made from. */
  seed: number;
  /** Messages per second of all vehicles together; 0 leaves the fleet silent. */
  rate: number;
  /** Unix seconds. */
  now?: () => number;
  setTimer?: SetTimer;
  /** Told what went wrong in a tick of the timer; the fleet goes on. */
  onError?: (error: unknown) => void;
}

/** A fleet that lives: it reports, loses contact, catches up, moves between groups, and answers. */
export interface Fleet extends DeviceLink {
  start(): void;
  /** Ends all timers; whoever still waits for an answer is refused. */
  stop(): void;
  /** What the timer does, for callers with a clock of their own: lives up to this moment, in unix seconds. */
  tick(now: number): void;
  setting: NonNullable<DeviceLink['setting']>;
}

const tickEvery = 100;
/** After a pause of the process the fleet does not make up for more than this many seconds. */
const longestStep = 2;
const introducedPerTick = 1000;
const regroupEvery = 600;

export function createFleet(options: LiveFleetOptions): Fleet {
  return new LiveFleet(options);
}

class LiveFleet implements Fleet {
  readonly #gateway: Gateway;
  readonly #seed: number;
  readonly #rate: number;
  readonly #now: () => number;
  readonly #setTimer: SetTimer;
  readonly #onError: (error: unknown) => void;
  readonly #drives: Drives;
  /** Devices that have had something to do; the others exist when their first turn comes. */
  readonly #units = new Map<number, Unit>();
  readonly #errands: Errands;
  #cancelTick: (() => void) | undefined;
  /** The moment up to which the fleet has lived; undefined before its first tick. */
  #lived: number | undefined;
  /** Messages that may be sent and were not; negative after an upload. */
  #credit = 0;
  #cursor = 0;
  #introduced = 0;
  #answers = 0;

  constructor(options: LiveFleetOptions) {
    this.#gateway = options.gateway;
    this.#seed = options.seed;
    this.#rate = options.rate;
    this.#now = options.now ?? (() => Date.now() / 1000);
    this.#setTimer = options.setTimer ?? setUnreferencedTimer;
    this.#onError = options.onError ?? ((error) => process.emitWarning(error instanceof Error ? error : String(error)));
    this.#errands = new Errands(this.#setTimer);
    this.#drives = new Drives(options.seed);
  }

  start(): void {
    if (this.#cancelTick) return;
    const run = (): void => {
      this.#cancelTick = this.#setTimer(run, tickEvery);
      try {
        this.tick(this.#now());
      } catch (error) {
        this.#onError(error);
      }
    };
    run();
  }

  stop(): void {
    this.#cancelTick?.();
    this.#cancelTick = undefined;
    this.#errands.callOffAll(new Error('The fleet was stopped'));
  }

  tick(now: number): void {
    const lived = this.#lived ?? now;
    this.#lived = now;
    this.#introduce(now);
    // A clock that was set back starts a new count.
    if (now <= lived) return;
    const step = Math.min(now - lived, longestStep);
    this.#regroup(lived, now);
    this.#credit += this.#rate * step;
    const due = Math.floor(this.#credit);
    for (let turn = 1; turn <= due && this.#credit >= 1; turn += 1) {
      const sent = this.#takeTurn(now - step + (step * turn) / due, now);
      if (sent === 0) {
        this.#credit = 0;
        return;
      }
      this.#credit -= sent;
    }
  }

  async command(
    deviceId: number,
    name: string,
    properties: Record<string, unknown>,
    signal: AbortSignal,
  ): Promise<unknown> {
    const unit = await this.#reach(deviceId, signal);
    return unit.answer(this.#now(), name, properties);
  }

  async setting(
    deviceId: number,
    name: string,
    properties: Record<string, unknown> | undefined,
    signal: AbortSignal,
  ): Promise<Record<string, unknown>> {
    const unit = await this.#reach(deviceId, signal);
    const current = unit.setting(name, properties);
    if (!current) throw new RangeError(`Device ${deviceId} has no setting ${name}`);
    return current;
  }

  /** The first reports of all vehicles in contact, some at a time: fifty thousand connections at once would hold everything up. */
  #introduce(now: number): void {
    const { deviceIds } = this.#gateway;
    const end = Math.min(deviceIds.length, this.#introduced + introducedPerTick);
    for (; this.#introduced < end; this.#introduced += 1) {
      const unit = this.#unit(at(deviceIds, this.#introduced));
      if (unit) this.#connect(unit, unit.isInContact(now));
    }
  }

  /** Lets the next vehicle report that has something to say; gives the number of messages, 0 when nobody has contact. */
  #takeTurn(time: number, now: number): number {
    const { deviceIds } = this.#gateway;
    let parked: Unit | undefined;
    for (let visits = 0; visits < deviceIds.length; visits += 1) {
      const unit = this.#unit(at(deviceIds, this.#cursor));
      this.#cursor = (this.#cursor + 1) % deviceIds.length;
      if (!unit || !this.#connect(unit, unit.isInContact(time))) continue;
      if (unit.takesTurn(time)) return this.#report(unit, time, now);
      parked ??= unit;
    }
    return parked ? this.#report(parked, time, now) : 0;
  }

  #report(unit: Unit, time: number, now: number): number {
    const messages = unit.report(time, now, Math.min(20, Math.ceil(this.#rate / 2)));
    this.#gateway.report(unit.item.id, messages);
    return messages.length;
  }

  #connect(unit: Unit, up: boolean): boolean {
    // Nobody needs to hear that a device which never connected is not connected.
    if (unit.connected !== up && (up || unit.connected !== undefined)) this.#gateway.connection(unit.item.id, up);
    unit.connected = up;
    return up;
  }

  #regroup(lived: number, now: number): void {
    const { deviceIds } = this.#gateway;
    const period = Math.floor(now / regroupEvery);
    if (!this.#gateway.regroup || Math.floor(lived / regroupEvery) === period || deviceIds.length === 0) return;
    const unit = this.#unit(at(deviceIds, Math.floor(fraction(this.#seed, period) * deviceIds.length)));
    if (!unit) return;
    const from = unit.area;
    unit.area = at(areaGroups, areaGroups.indexOf(from) + 1 + (hash(this.#seed, period, 1) % (areaGroups.length - 1)));
    this.#gateway.regroup(unit.item.id, from, unit.area);
  }

  /** The way to a device and back takes a while; it must be in contact when the answer comes, too. */
  async #reach(deviceId: number, signal: AbortSignal): Promise<Unit> {
    const unit = this.#unit(deviceId);
    if (!unit || !unit.isInContact(this.#now())) throw new OutOfContactError(deviceId);
    this.#answers += 1;
    await this.#errands.wait(1000 * between(0.3, 2.5, this.#seed, deviceId, this.#answers), signal);
    if (!unit.isInContact(this.#now())) throw new OutOfContactError(deviceId);
    return unit;
  }

  #unit(deviceId: number): Unit | undefined {
    let unit = this.#units.get(deviceId);
    if (!unit) {
      const index = isAmong(this.#gateway.deviceIds, deviceId) ? vehicleIndex(deviceId, Infinity) : undefined;
      if (index === undefined) return undefined;
      unit = new Unit(this.#drives, index, this.#lived ?? this.#now());
      this.#units.set(deviceId, unit);
    }
    return unit;
  }
}

/** Is the number in the ascending list? */
function isAmong(ascending: readonly number[], wanted: number): boolean {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? Infinity) < wanted) low = middle + 1;
    else high = middle;
  }
  return ascending[low] === wanted;
}

function setUnreferencedTimer(run: () => void, milliseconds: number): () => void {
  const timer = setTimeout(run, milliseconds);
  timer.unref();
  return () => clearTimeout(timer);
}
