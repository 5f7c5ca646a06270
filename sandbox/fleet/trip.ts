import { east, limitAt, north } from './road-grid';
import type { Direction, RoadGrid } from './road-grid';
import { sequence } from './random';
import { isRed, routeBetween } from './route';
import type { Crossing } from './route';
import { driveAt, durationOf, speedProfile } from './speed-profile';
import type { SpeedProfile } from './speed-profile';

export type HarshEvent = 'acceleration' | 'braking' | 'cornering';

/** What is known of a trip before it is driven. */
export interface Journey {
  from: Crossing;
  to: Crossing;
  /** Length of the way; any number for which `isPossible` holds. */
  blocks: number;
  /** The same seed gives the same way, lights and speeds. */
  seed: number;
}

/** How somebody drives. */
export interface DrivingStyle {
  /** Share of the speed limit that is used: 0.9 to 1.12. */
  pace: number;
  /** Chance that a stretch begins or ends harshly. */
  harsh: number;
}

/** A straight stretch between two turns or stops, and the wait at its end. Seconds and metres from the departure. */
interface Leg extends Crossing {
  direction: Direction;
  begin: number;
  driven: number;
  length: number;
  profile: SpeedProfile;
  /** When the vehicle stands or turns at the end. */
  arrival: number;
}

export interface Trip {
  readonly legs: readonly Leg[];
  /** Seconds from departure to arrival. */
  readonly duration: number;
  readonly events: readonly { at: number; kind: HarshEvent }[];
}

/** Where a vehicle is on its trip: grid place, street direction, metres per second, metres since departure. */
export interface Motion extends Crossing {
  direction: Direction;
  speed: number;
  driven: number;
}

const turnSpeed = 5;
/** Metres per second squared. Trackers call it harsh from about 3.5. */
const gentle = { acceleration: 1.3, braking: 1.9 };
const hard = { acceleration: 3.8, braking: 5.2, turnSpeed: 8.5 };

/** Drives the journey: which way, how fast, which lights are red. A red light is kept only while the pace of the grid allows. */
export function driveTrip(grid: RoadGrid, journey: Journey, style: DrivingStyle): Trip {
  const random = sequence(journey.seed);
  const route = routeBetween(grid, journey.from, journey.to, journey.blocks, random);
  const legs: Leg[] = [];
  const events: { at: number; kind: HarshEvent }[] = [];
  let { x, y } = journey.from;
  let start = { x, y, block: 0 };
  let clock = 0;
  let entry = 0;

  for (let block = 1; block <= route.length; block += 1) {
    const direction = route[block - 1] ?? 0;
    x += east[direction] ?? 0;
    y += north[direction] ?? 0;
    const isLast = block === route.length;
    const turns = !isLast && route[block] !== direction;
    const wait = !isLast && isRed(x, y, random) ? 6 + 30 * random() : 0;
    const onTime = clock + (block - start.block) * grid.pace * 0.75 + wait + 12 < block * grid.pace;
    const stops = isLast || (wait > 0 && onTime);
    if (!stops && !turns) continue;

    const harsh = random() < style.harsh ? random() : undefined;
    const corner = turns && !stops && harsh !== undefined && harsh > 0.8;
    const braking = harsh !== undefined && !corner && harsh < 0.5;
    const acceleration = harsh !== undefined && !corner && !braking && entry < turnSpeed;
    const exit = stops ? 0 : corner ? hard.turnSpeed : turnSpeed;
    const length = (block - start.block) * grid.block;
    const profile = speedProfile(
      length,
      entry,
      exit,
      limitAt(grid, start.x, start.y, direction) * style.pace,
      acceleration ? hard.acceleration : gentle.acceleration,
      braking ? hard.braking : gentle.braking,
    );
    const arrival = clock + durationOf(profile);
    // Field by field: a spread here makes the trip ten times as expensive.
    legs.push({
      x: start.x,
      y: start.y,
      direction,
      begin: clock,
      driven: start.block * grid.block,
      length,
      profile,
      arrival,
    });
    if (acceleration) events.push({ at: clock + 1, kind: 'acceleration' });
    if (braking) events.push({ at: arrival - 1, kind: 'braking' });
    if (corner) events.push({ at: arrival, kind: 'cornering' });

    start = { x, y, block };
    clock = arrival + (stops && !isLast ? wait : 0);
    entry = exit;
  }
  return { legs, duration: clock, events };
}

/** The motion so many seconds after the departure; before it and after the arrival the vehicle stands. */
export function motionAt(grid: RoadGrid, trip: Trip, seconds: number): Motion {
  let low = 0;
  let high = trip.legs.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((trip.legs[middle]?.begin ?? 0) <= seconds) low = middle;
    else high = middle - 1;
  }
  const leg = trip.legs[low];
  if (!leg) throw new RangeError('Expected a trip with at least one leg');
  const moving = seconds >= leg.begin && seconds < leg.arrival;
  const { distance, speed } = moving
    ? driveAt(leg.profile, seconds - leg.begin)
    : { distance: seconds < leg.arrival ? 0 : leg.length, speed: 0 };
  return {
    x: leg.x + ((east[leg.direction] ?? 0) * distance) / grid.block,
    y: leg.y + ((north[leg.direction] ?? 0) * distance) / grid.block,
    direction: leg.direction,
    speed,
    driven: leg.driven + distance,
  };
}
