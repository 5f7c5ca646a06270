import { dayAt } from './day-plan';
import { between, fraction, hash } from './random';
import { isWorkday } from './roster';
import type { Vehicle } from './vehicle';

/** A time without contact, in unix seconds; `to` is the first moment of contact again. */
export interface Gap {
  from: number;
  to: number;
}

const slot = 10_800;
const draw = 200;

/** The gap in coverage that holds this moment, if any: the vehicle goes on recording and uploads when it is over. */
export function gapAt(vehicle: Vehicle, time: number): Gap | undefined {
  const number = Math.floor(time / slot);
  const seed = hash(vehicle.key, draw, number);
  if (fraction(seed) >= vehicle.poorCoverage) return undefined;
  const length = between(240, 2400, seed, 1);
  const from = Math.floor(number * slot + between(0, slot - length, seed, 2));
  const to = Math.floor(from + length);
  return time >= from && time < to ? { from, to } : undefined;
}

/** A vehicle that is laid up neither sends nor records on its idle days. */
export function isSilent(vehicle: Vehicle, time: number): boolean {
  return vehicle.laidUp && !isWorkday(vehicle.roster, dayAt(vehicle, time));
}
