import type { Geofence, JsonObject as Input } from '../../nodes/protocol/expression';
import type { DeviceMessage } from '../fleet/gateway';
import type { JsonObject } from '../platform/check-fields';
import { deviceMessages } from '../platform/device-history';
import { inSlices } from '../platform/in-slices';
import type { Item } from '../platform/item';
import type { Platform } from '../platform/platform';
import { calculateIntervals, type CalculatedInterval } from './calculate-intervals';
import { calculatorSpec, type CalculatorSpec } from './calculator-spec';
import { keepWhatIsRead } from './keep-what-is-read';

/** An interval as `intervals` lists it (flespi KB "Calculators"). */
export interface StoredInterval {
  /** The second it begins in: unique for a calculator and a device, and the same whenever it is calculated. */
  id: number;
  begin: number;
  end: number;
  duration: number;
  /** Unix seconds of the last change. */
  timestamp: number;
  calc_id: number;
  device_id: number;
  [counter: string]: unknown;
}

interface LinkState {
  /** Ascending by `begin`. */
  intervals: StoredInterval[];
  /** The intervals go back as far as the messages; otherwise only as far as the live events needed. */
  isWhole: boolean;
  /** It was calculated from this moment on, or from the start of the platform: what is new and older is no news. */
  knownFrom: number | undefined;
  /** Id of the interval that may still go on. */
  active: number | undefined;
  /** Parameters that callers attached, by interval. */
  attached: Map<number, JsonObject>;
  /** The calculation under way; the next one begins when it has ended. It never rejects. */
  work: Promise<void>;
  /** No live calculation before this moment: an expensive calculator is calculated less often. */
  restUntil: number;
}

/** Words at the end of the topics of an interval's life. */
type IntervalEvent = 'created' | 'updated' | 'deleted' | 'activated' | 'deactivated' | 'finished';

const calcDevices = 'gw/calcs/devices';
/** How far live events look back where nothing is known yet. */
const liveSeconds = 6 * 3600;
const liveEvery = 500;
/** A calculation may take a twentieth of the time. */
const restFactor = 20;

/** The calculators at work: intervals on demand, and their events as messages come in. */
export class Calculators {
  readonly #platform: Platform;
  readonly #states = new Map<string, LinkState>();
  /** Oldest new message by calculator and device, for what is to be calculated anew. */
  readonly #waiting = new Map<string, { calc: number; device: number; since: number }>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(platform: Platform) {
    this.#platform = platform;
    platform.gateway.onMessages((device, messages) => this.#takeIn(device, messages));
  }

  /** All intervals of a device, oldest first. */
  async intervals({ id }: Item, device: Item): Promise<readonly StoredInterval[]> {
    // Who asks for many has picked them some time ago.
    const calc = this.#platform.items('gw/calcs').get(id);
    if (!calc || !this.#platform.links(calcDevices).get(id, device.id)) return [];
    const state = this.#stateOf(calc, device);
    await this.#inOrder(state, async () => {
      if (!state.isWhole) {
        await this.#recalculate(calc, device, state, 0);
        state.isWhole = true;
      } else if (this.#waiting.has(keyOf(calc.id, device.id))) await this.#refresh(calc, device, state);
    });
    return state.intervals;
  }

  /** Attaches parameters of the caller's own to an interval. */
  attach(calc: Item, device: Item, interval: StoredInterval, values: JsonObject): StoredInterval {
    const state = this.#stateOf(calc, device);
    state.attached.set(interval.id, { ...state.attached.get(interval.id), ...values });
    const next = { ...interval, ...values, timestamp: this.#platform.now() };
    state.intervals = state.intervals.map((one) => (one.id === interval.id ? next : one));
    this.#publish(calc, device, 'updated', next);
    return next;
  }

  /** Forgets what was calculated: the calculator changed, or somebody asks for it. Without a device, of all its devices. */
  forget(calcId: number, deviceId?: number): void {
    const keys = deviceId === undefined ? [...this.#states.keys()] : [keyOf(calcId, deviceId)];
    for (const key of keys) if (key.startsWith(`${calcId}/`)) this.#states.delete(key);
  }

  /** Intervals of any messages, kept by nobody, in steps: the `calculate` calls. */
  *calculate(
    spec: CalculatorSpec,
    messages: readonly DeviceMessage[],
    owner: Item,
  ): Generator<undefined, JsonObject[]> {
    const calculated = yield* calculateIntervals(spec, messages, {
      now: this.#platform.now,
      geofences: this.#fences(this.#platform.items('gw/geofences').values(), owner),
      metadata: (owner['metadata'] ?? {}) as Input,
    });
    return calculated.map(({ interval }) => interval);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #takeIn(device: Item, messages: readonly DeviceMessage[]): void {
    const links = this.#platform.links(calcDevices);
    for (const calc of links.parents(device.id)) {
      if (links.get(calc, device.id)?.['enabled'] === false) continue;
      const key = keyOf(calc, device.id);
      const since = Math.min(...messages.map(({ timestamp }) => timestamp), this.#waiting.get(key)?.since ?? Infinity);
      this.#waiting.set(key, { calc, device: device.id, since });
      this.#wake();
    }
  }

  #wake(): void {
    if (this.#timer || this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#calculateNext()
        .catch((error: unknown) => {
          if (!this.#isClosed) process.emitWarning(error instanceof Error ? error : String(error));
        })
        .finally(() => {
          this.#timer = undefined;
          if (this.#waiting.size > 0) this.#wake();
        });
    }, liveEvery).unref();
  }

  /** One calculation a turn, so that other work comes between. */
  async #calculateNext(): Promise<void> {
    const now = performance.now();
    for (const [key, { calc, device }] of this.#waiting) {
      if ((this.#states.get(key)?.restUntil ?? 0) > now) continue;
      const calculator = this.#platform.items('gw/calcs').get(calc);
      const item = this.#platform.items('gw/devices').get(device);
      if (calculator && item) {
        const state = this.#stateOf(calculator, item);
        await this.#inOrder(state, () => this.#refresh(calculator, item, state));
      } else this.#waiting.delete(key);
      return;
    }
  }

  /** Does one thing after the other with a link; a call that failed does not keep the next from trying. */
  #inOrder(state: LinkState, act: () => Promise<void>): Promise<void> {
    const done = state.work.then(act);
    state.work = done.catch(() => {});
    return done;
  }

  async #refresh(calc: Item, device: Item, state: LinkState): Promise<void> {
    const key = keyOf(calc.id, device.id);
    const since = this.#waiting.get(key)?.since ?? this.#platform.now();
    this.#waiting.delete(key);
    // From the last interval that began before the news: everything older is settled.
    const from =
      state.intervals.findLast(({ begin }) => begin <= since)?.begin ?? (state.isWhole ? 0 : since - liveSeconds);
    const started = performance.now();
    await this.#recalculate(calc, device, state, from);
    state.restUntil = performance.now() + restFactor * (performance.now() - started);
  }

  #stateOf(calc: Item, device: Item): LinkState {
    const key = keyOf(calc.id, device.id);
    let state = this.#states.get(key);
    if (!state) {
      state = {
        intervals: [],
        isWhole: false,
        knownFrom: undefined,
        active: undefined,
        attached: new Map(),
        work: Promise.resolve(),
        restUntil: 0,
      };
      this.#states.set(key, state);
    }
    return state;
  }

  /** Calculates from a moment on and tells of what is different from before. */
  async #recalculate(calc: Item, device: Item, state: LinkState, from: number): Promise<void> {
    const calculated = await inSlices(this.#run(calc, device, from), this.#platform.closing);
    // From here on at once: what others attached meanwhile is in the state.
    const isFirst = state.knownFrom === undefined;
    const newsFrom = state.knownFrom ?? this.#platform.startedAt;
    state.knownFrom = Math.min(newsFrom, from);
    const old = new Map(
      state.intervals.filter(({ begin }) => begin >= from).map((interval) => [interval.id, interval]),
    );
    const events: [IntervalEvent, StoredInterval][] = [];
    const news = calculated.map(({ interval }) => {
      const id = Math.floor(interval.begin);
      const before = old.get(id);
      old.delete(id);
      const next = this.#stored(calc, device, state, id, interval);
      if (before && sameInterval(before, next)) return before;
      events.push([before ? 'updated' : 'created', next]);
      return next;
    });
    for (const gone of old.values()) events.push(['deleted', gone]);
    state.intervals = [...state.intervals.filter(({ begin }) => begin < from), ...news];
    const last = calculated.at(-1);
    const active = last?.isActive === true ? Math.floor(last.interval.begin) : undefined;
    if (active !== state.active) {
      if (state.active !== undefined) this.#tellById(events, state, state.active, ['deactivated', 'finished']);
      if (active !== undefined) this.#tellById(events, state, active, ['activated']);
    }
    state.active = active;
    // Forgotten meanwhile, for the calculator or the link is another now: the caller gets what it asked for, nobody else hears of it.
    if (this.#states.get(keyOf(calc.id, device.id)) !== state) return;
    // What was there before anybody looked is no event.
    for (const [event, interval] of events) {
      if (interval.begin >= newsFrom) this.#publish(calc, device, event, interval);
    }
    if (events.length > 0 || isFirst) this.#announce(calc, device, state);
  }

  #tellById(events: [IntervalEvent, StoredInterval][], state: LinkState, id: number, names: IntervalEvent[]): void {
    const interval = state.intervals.find((one) => one.id === id);
    if (interval) for (const name of names) events.push([name, interval]);
  }

  *#run(calc: Item, device: Item, from: number): Generator<undefined, CalculatedInterval[]> {
    const first = Math.max(from, this.#platform.now() - Number(calc['update_period']));
    const spec = calculatorSpec(calc);
    const keep = keepWhatIsRead(spec);
    const messages: DeviceMessage[] = [];
    for (const message of deviceMessages(this.#platform, device, first, Number.MAX_VALUE, false)) {
      messages.push(keep(message));
      yield;
    }
    const fences = [...this.#platform.links('gw/calcs/geofences').children(calc.id)].flatMap(
      (id) => this.#platform.items('gw/geofences').get(id) ?? [],
    );
    return yield* calculateIntervals(spec, messages, {
      now: this.#platform.now,
      geofences: this.#fences(fences, device),
      metadata: (device['metadata'] ?? {}) as Input,
    });
  }

  #fences(items: Iterable<Item>, owner: Item): Geofence[] {
    const lineage = this.#platform.accounts.lineage(owner.cid);
    return [...items]
      .filter(({ cid, enabled }) => enabled === true && lineage.includes(cid))
      .map(({ name, geometry, priority }) => ({ name, geometry, priority }) as Geofence);
  }

  #stored(
    calc: Item,
    device: Item,
    state: LinkState,
    id: number,
    interval: CalculatedInterval['interval'],
  ): StoredInterval {
    const { begin, end, duration, ...counters } = interval;
    const timestamp = this.#platform.now();
    const ids = { calc_id: calc.id, device_id: device.id };
    return { id, begin, end, duration, timestamp, ...ids, ...counters, ...state.attached.get(id) };
  }

  #publish(calc: Item, device: Item, event: IntervalEvent, interval: StoredInterval): void {
    this.#platform.topics.interval(`gw/calcs/${calc.id}/devices/${device.id}/${event}`, calc.cid, interval);
  }

  #announce(calc: Item, device: Item, state: LinkState): void {
    const path = `gw/calcs/${calc.id}/devices/${device.id}`;
    const active = state.intervals.find(({ id }) => id === state.active);
    this.#platform.topics.state(`${path}/synced`, calc.cid, true);
    this.#platform.topics.state(`${path}/last`, calc.cid, state.intervals.at(-1) ?? null);
    this.#platform.topics.state(`${path}/active`, calc.cid, active ?? null);
  }
}

function keyOf(calc: number, device: number): string {
  return `${calc}/${device}`;
}

function sameInterval(a: StoredInterval, b: StoredInterval): boolean {
  return JSON.stringify({ ...a, timestamp: 0 }) === JSON.stringify({ ...b, timestamp: 0 });
}
