import { blocksBefore, dayAt, planDay } from './day-plan';
import type { DayPlan, PlannedTrip } from './day-plan';
import { Recall } from './recall';
import { courseOf, placeOf } from './road-grid';
import type { Place } from './road-grid';
import { driveTrip, motionAt } from './trip';
import type { HarshEvent, Trip } from './trip';
import { vehicleOf } from './vehicle';
import type { Vehicle } from './vehicle';

/** A vehicle at one moment. */
export interface VehicleState {
  readonly time: number;
  readonly place: Place;
  /** Degrees clockwise from north; of the last movement while it stands. */
  readonly heading: number;
  /** km/h */
  readonly speed: number;
  readonly ignition: boolean;
  /** On the way from stop to stop, red lights included. */
  readonly onTrip: boolean;
  /** Kilometres on the odometer; never falls. */
  readonly mileage: number;
  readonly metresToday: number;
  /** Seconds since the engine was started or stopped. */
  readonly since: number;
  /** When the engine is started or stopped next, or the day ends. */
  readonly until: number;
  readonly plan: DayPlan;
}

/** One leg of a day, from the start of the engine to its stop. */
export interface Outing {
  readonly planned: PlannedTrip;
  readonly begin: number;
  readonly arrival: number;
  /** The engine stops. */
  readonly end: number;
  readonly events: readonly { time: number; kind: HarshEvent }[];
  /** When it turns into another street. */
  readonly turns: readonly number[];
}

/** The day that odometers are counted from: 1 January 2026. */
const firstDay = 20_454;
const remembered = 2048;

/**
 * Where every vehicle of a fleet is at any time. Past and present are the same curve, so whoever follows a vehicle live goes on
 * exactly where its history ends.
 */
export class Drives {
  readonly #vehicles = new Map<number, Vehicle>();
  readonly #plans = new Recall<DayPlan>(remembered);
  readonly #trips = new Recall<Trip>(remembered);
  readonly #outings = new Recall<Outing>(remembered);

  constructor(private readonly seed: number) {}

  vehicle(index: number): Vehicle {
    let vehicle = this.#vehicles.get(index);
    if (!vehicle) {
      vehicle = vehicleOf(this.seed, index);
      this.#vehicles.set(index, vehicle);
    }
    return vehicle;
  }

  plan(vehicle: Vehicle, day: number): DayPlan {
    return this.#plans.get(keyOf(vehicle, day), () => planDay(vehicle, day));
  }

  outing(vehicle: Vehicle, plan: DayPlan, planned: PlannedTrip): Outing {
    return this.#outings.get(tripKey(vehicle, plan, planned), () => this.#makeOuting(vehicle, plan, planned));
  }

  #makeOuting(vehicle: Vehicle, plan: DayPlan, planned: PlannedTrip): Outing {
    const trip = this.#trip(vehicle, plan, planned);
    const arrival = planned.departure + trip.duration;
    return {
      planned,
      begin: planned.begin,
      arrival,
      end: Math.min(arrival + planned.lingers, planned.next),
      events: trip.events.map(({ at, kind }) => ({ time: planned.departure + at, kind })),
      turns: trip.legs
        .filter((leg, index) => index > 0 && leg.direction !== trip.legs[index - 1]?.direction)
        .map((leg) => planned.departure + leg.begin),
    };
  }

  /** The trip that began last before the time, if any did on that day. */
  lastTrip(plan: DayPlan, time: number): PlannedTrip | undefined {
    let found: PlannedTrip | undefined;
    for (const trip of plan.trips) {
      if (trip.begin > time) break;
      found = trip;
    }
    return found;
  }

  stateAt(vehicle: Vehicle, time: number): VehicleState {
    const plan = this.plan(vehicle, dayAt(vehicle, time));
    const planned = this.lastTrip(plan, time);
    const trip = planned && this.#trip(vehicle, plan, planned);
    const motion =
      planned && trip
        ? motionAt(vehicle.grid, trip, time - planned.departure)
        : { x: vehicle.home.x, y: vehicle.home.y, direction: 0 as const, speed: 0, driven: 0 };
    const begin = planned?.begin ?? plan.begin;
    const arrival = planned && trip ? planned.departure + trip.duration : begin;
    const end = planned ? Math.min(arrival + planned.lingers, planned.next) : begin;
    const course = courseOf(vehicle.grid, motion.x, motion.y, motion.direction);
    const blocks = blocksBefore(vehicle, plan.day) - blocksBefore(vehicle, firstDay);
    const metresToday = (planned?.driven ?? 0) * vehicle.grid.block + motion.driven;
    return {
      time,
      place: placeOf(vehicle.grid, motion.x, motion.y),
      heading: course.heading,
      speed: motion.speed * course.stretch * 3.6,
      ignition: time < end,
      onTrip: planned !== undefined && time >= planned.departure && time < arrival,
      mileage: vehicle.mileage + (blocks * vehicle.grid.block + metresToday) / 1000,
      metresToday,
      since: time - (time < end ? begin : end),
      until: time < end ? end : (planned?.next ?? plan.trips[0]?.begin ?? plan.end),
      plan,
    };
  }

  #trip(vehicle: Vehicle, plan: DayPlan, planned: PlannedTrip): Trip {
    return this.#trips.get(tripKey(vehicle, plan, planned), () => driveTrip(vehicle.grid, planned, vehicle.style));
  }
}

function tripKey(vehicle: Vehicle, { day }: DayPlan, { number }: PlannedTrip): number {
  return keyOf(vehicle, day) * 64 + number;
}

/** Days repeat after 179 years. */
function keyOf(vehicle: Vehicle, day: number): number {
  return vehicle.index * 65_536 + (day & 65_535);
}
