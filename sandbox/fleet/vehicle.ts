import { at, between, fraction, hash, pick } from './random';
import { cityGrid, regionGrid } from './road-grid';
import type { RoadGrid } from './road-grid';
import type { Roster } from './roster';
import type { Crossing } from './route';
import type { DrivingStyle } from './trip';

export type VehicleKind = 'van' | 'car' | 'truck' | 'reefer';

/** All that stays the same in the life of a vehicle. It follows from the seed of the fleet and the number of the vehicle. */
export interface Vehicle {
  readonly index: number;
  /** The vehicle's own seed. */
  readonly key: number;
  readonly kind: VehicleKind;
  /** Name in the dictionary of device types. */
  readonly deviceType: string;
  readonly grid: RoadGrid;
  readonly home: Crossing;
  /** Seconds after midnight UTC at which its day begins: the fleet works round the clock. */
  readonly dayOffset: number;
  readonly roster: Roster;
  /** Blocks driven on a working day: `mean` give or take `spread`; always an even number. */
  readonly blocksPerDay: { readonly mean: number; readonly spread: number };
  readonly style: DrivingStyle;
  readonly tank: number;
  /** Litres per 100 km. */
  readonly consumption: number;
  /** It fills up at home before the first trip of every so many working days. */
  readonly refuelEvery: number;
  /** Kilometres on the odometer when the year 2026 began. */
  readonly mileage: number;
  /** Chance that it loses contact for a while in any three hours. */
  readonly poorCoverage: number;
  /** Laid up: it works three days in thirty and is silent on the others. */
  readonly laidUp: boolean;
  /** It has no satellite receiver, or none that works. */
  readonly blind: boolean;
  /** Seconds between two messages on the road. */
  readonly cadence: number;
}

// prettier-ignore
const kinds: readonly VehicleKind[] = [
  'van', 'car', 'van', 'reefer', 'van', 'truck', 'car', 'van', 'van', 'truck',
  'van', 'car', 'reefer', 'van', 'truck', 'car', 'van', 'car', 'van', 'van',
];

const deviceTypes: Readonly<Record<VehicleKind, readonly string[]>> = {
  van: ['fmb120', 'gv500', 'gt06n', 'fmc640', 'gv75'],
  car: ['gv500', 'wialon-ips', 'x3', 'fmb120'],
  truck: ['fmc640', 'pro5', 'fmb640'],
  reefer: ['fmc640', 'fmm640'],
};

const traits: Readonly<
  Record<
    VehicleKind,
    Pick<Vehicle, 'grid' | 'blocksPerDay' | 'tank' | 'consumption'> & { mileage: readonly [low: number, high: number] }
  >
> = {
  van: { grid: cityGrid, blocksPerDay: { mean: 1700, spread: 180 }, tank: 80, consumption: 6.5, mileage: [8e3, 220e3] },
  car: { grid: cityGrid, blocksPerDay: { mean: 1300, spread: 250 }, tank: 50, consumption: 5, mileage: [3e3, 160e3] },
  truck: {
    grid: regionGrid,
    blocksPerDay: { mean: 1100, spread: 100 },
    tank: 400,
    consumption: 26,
    mileage: [4e4, 7e5],
  },
  reefer: {
    grid: regionGrid,
    blocksPerDay: { mean: 1000, spread: 100 },
    tank: 400,
    consumption: 28,
    mileage: [4e4, 6e5],
  },
};

/** Names the draws, so that one more of them changes no other. */
const enum Draw {
  Vehicle,
  Type,
  HomeX,
  HomeY,
  Day,
  Phase,
  Pace,
  Harsh,
  Refuel,
  Mileage,
  Coverage,
  Cadence,
}

/** Vehicle number `index` (from 0) of the fleet that grows from this seed. Its neighbours make no difference to it. */
export function vehicleOf(seed: number, index: number): Vehicle {
  const key = hash(seed, Draw.Vehicle, index);
  const kind = at(kinds, index);
  const trait = traits[kind];
  const laidUp = index % 20 === 13;
  const reach = trait.grid.half - 2;
  return {
    grid: trait.grid,
    blocksPerDay: trait.blocksPerDay,
    tank: trait.tank,
    consumption: trait.consumption,
    index,
    key,
    kind,
    deviceType: index < 20 ? at(deviceTypes[kind], countBefore(kind, index)) : pick(deviceTypes[kind], key, Draw.Type),
    home: {
      x: Math.round(between(-reach, reach, key, Draw.HomeX)),
      y: Math.round(between(-reach, reach, key, Draw.HomeY)),
    },
    // Neighbours are far apart in the day, so that a fleet of ten has some on the road at any hour.
    dayOffset: Math.floor(86_400 * ((index * 0.381966 + between(0, 0.1, key, Draw.Day)) % 1)),
    roster: laidUp
      ? { cycle: 30, work: 3, phase: 15 * Math.floor(index / 20) }
      : { cycle: 14, work: 13, phase: hash(key, Draw.Phase) % 14 },
    style: {
      pace: between(0.92, 1.1, key, Draw.Pace),
      harsh: 0.12 * fraction(key, Draw.Harsh) ** 3,
    },
    refuelEvery: 1 + (hash(key, Draw.Refuel) % 2),
    mileage: between(trait.mileage[0], trait.mileage[1], key, Draw.Mileage),
    poorCoverage: fraction(key, Draw.Coverage) < 0.2 ? 0.6 : 0.12,
    laidUp,
    blind: index % 20 === 17,
    cadence: pick([10, 15, 20, 30], key, Draw.Cadence),
  };
}

/** The first vehicles go through the types in turn, so that a small fleet has all of them. */
function countBefore(kind: VehicleKind, index: number): number {
  return kinds.slice(0, index).filter((other) => other === kind).length;
}
