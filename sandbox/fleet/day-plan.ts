import { between, fraction, hash } from './random';
import { blocksBetween, isInside } from './road-grid';
import { isWorkday, workdaysBefore } from './roster';
import { isPossible } from './route';
import type { Crossing } from './route';
import type { Journey } from './trip';
import type { Vehicle } from './vehicle';

/** A trip in the plan of a day. Times are unix seconds. */
export interface PlannedTrip extends Journey {
  number: number;
  /** The engine starts. */
  begin: number;
  /** The wheels start. */
  departure: number;
  /** The next trip begins, or the day ends; the vehicle has long arrived by then. */
  next: number;
  /** Blocks driven since the day began. */
  driven: number;
  /** Seconds that the engine runs on after the arrival; Infinity leaves it running until the next trip. */
  lingers: number;
}

export interface DayPlan {
  /** Whole days since 1970, shifted by the vehicle's own offset. */
  readonly day: number;
  readonly begin: number;
  readonly end: number;
  readonly works: boolean;
  readonly trips: readonly PlannedTrip[];
}

export const daySeconds = 86_400;
const blocksPerTrip = 40;
const firstTrip = 900;
/** Seconds of the day that trips and stops may fill; the rest is the night at home. */
const longestShift = 82_000;

const enum Draw {
  Blocks = 100,
  Trip,
  Share,
  X,
  Y,
  Stop,
  Engine,
  Lunch,
}

export function dayAt(vehicle: Vehicle, seconds: number): number {
  return Math.floor((seconds - vehicle.dayOffset) / daySeconds);
}

/**
 * Blocks that the vehicle drove before this day, counted from a far beginning; may be negative before 1970. The sum over all
 * the days has to be known without planning them, so the sum is what is drawn and a day is the difference of two sums.
 */
export function blocksBefore(vehicle: Vehicle, day: number): number {
  const worked = workdaysBefore(vehicle.roster, day);
  const { mean, spread } = vehicle.blocksPerDay;
  return 2 * Math.floor((worked * mean + spread * fraction(vehicle.key, Draw.Blocks, worked)) / 2);
}

/** When the vehicle goes where on a day. It starts and ends at home; cheap, because no trip is driven for it. */
export function planDay(vehicle: Vehicle, day: number): DayPlan {
  const begin = day * daySeconds + vehicle.dayOffset;
  const end = begin + daySeconds;
  const works = isWorkday(vehicle.roster, day);
  if (!works) return { day, begin, end, works, trips: [] };

  const seed = hash(vehicle.key, Draw.Trip, day);
  const journeys = journeysOf(vehicle, seed, blocksBefore(vehicle, day + 1) - blocksBefore(vehicle, day));
  const stops = journeys.map((_, number) => stopAfter(seed, number));
  const driving = journeys.reduce((sum, journey) => sum + slotOf(vehicle, journey), 0);
  const stopping = stops.reduce((sum, stop) => sum + stop, 0);
  const squeeze = Math.min(1, (longestShift - firstTrip - driving) / stopping);

  const trips: PlannedTrip[] = [];
  let clock = begin + firstTrip;
  let driven = 0;
  for (const [number, journey] of journeys.entries()) {
    const stop = (stops[number] ?? 0) * squeeze;
    const isLast = number === journeys.length - 1;
    const next = isLast ? end : clock + slotOf(vehicle, journey) + stop;
    const running = !isLast && stop < 420 && fraction(seed, Draw.Engine, number) < 0.35;
    // Field by field: a spread here takes ten times as long, and plans are made for every message of a large fleet.
    trips.push({
      from: journey.from,
      to: journey.to,
      blocks: journey.blocks,
      seed: journey.seed,
      number,
      begin: clock,
      departure: clock + between(8, 28, seed, Draw.Engine, number, 1),
      next,
      driven,
      lingers: running ? Infinity : between(5, 50, seed, Draw.Engine, number, 2),
    });
    driven += journey.blocks;
    clock = next;
  }
  return { day, begin, end, works, trips };
}

/** Splits the blocks of the day into trips from stop to stop that end at home. */
function journeysOf(vehicle: Vehicle, seed: number, blocks: number): Journey[] {
  const journeys: Journey[] = [];
  const count = Math.max(1, Math.round(blocks / blocksPerTrip));
  let here = vehicle.home;
  let left = blocks;
  for (let number = 0; left > 0; number += 1) {
    const wanted = Math.round((blocks / count) * between(0.4, 1.6, seed, Draw.Share, number));
    const stop = left - wanted > 12 ? stopNear(vehicle, here, wanted, left, hash(seed, number)) : undefined;
    const to = stop?.to ?? vehicle.home;
    const length = stop?.blocks ?? left;
    journeys.push({ from: here, to, blocks: length, seed: hash(seed, Draw.Trip, number) });
    here = to;
    left -= length;
  }
  return journeys;
}

/** A crossing about as far away as wanted, from which home is still in reach; undefined when it is time to go home. */
function stopNear(
  vehicle: Vehicle,
  here: Crossing,
  wanted: number,
  left: number,
  seed: number,
): { to: Crossing; blocks: number } | undefined {
  const { grid, home } = vehicle;
  for (let attempt = 0; attempt < 4; attempt += 1) {
    const to = {
      x: Math.round(between(-grid.half, grid.half, seed, Draw.X, attempt)),
      y: Math.round(between(-grid.half, grid.half, seed, Draw.Y, attempt)),
    };
    const shortest = blocksBetween(here.x, here.y, to.x, to.y);
    const blocks = Math.max(wanted, shortest);
    const even = blocks + ((blocks - shortest) % 2);
    const homeward = left - even;
    const isStop = shortest > 0 && isInside(grid, to.x, to.y) && homeward >= 8;
    if (isStop && isPossible(here, to, even) && isPossible(to, home, homeward)) return { to, blocks: even };
  }
  return undefined;
}

/** Seconds that a trip can take at most, from the start of the engine. */
function slotOf(vehicle: Vehicle, journey: Journey): number {
  return journey.blocks * vehicle.grid.pace + 60;
}

function stopAfter(seed: number, number: number): number {
  const lunch = fraction(seed, Draw.Lunch, number) < 0.06;
  return lunch ? between(1500, 2700, seed, Draw.Stop, number) : 90 + 700 * fraction(seed, Draw.Stop, number) ** 2;
}
