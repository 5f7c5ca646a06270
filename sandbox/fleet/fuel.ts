import { blocksBefore } from './day-plan';
import { between } from './random';
import { isWorkday, modulo, workdaysBefore } from './roster';
import type { VehicleState } from './drives';
import type { Vehicle } from './vehicle';

const fillsAt = { begin: 240, end: 480 };
const draw = 300;

/**
 * Per cent of the tank. It falls with the distance and rises when the vehicle is filled up at home, before the first trip of
 * every so many working days.
 */
export function fuelLevel(vehicle: Vehicle, state: VehicleState): number {
  const { day } = state.plan;
  const today = workdaysBefore(vehicle.roster, day);
  const fillsToday = state.plan.works && isFillingDay(vehicle, today);
  // A day off goes on with what the last working day left.
  const worked = state.plan.works ? today : today - 1;
  const seconds = state.time - state.plan.begin;
  if (!fillsToday || seconds >= fillsAt.end) return levelAfter(vehicle, worked, state);
  const before = levelAfter(vehicle, worked - 1, state);
  if (seconds <= fillsAt.begin) return before;
  const full = levelAfter(vehicle, worked, state);
  return before + ((full - before) * (seconds - fillsAt.begin)) / (fillsAt.end - fillsAt.begin);
}

/** The level when the last filling was on or before this working day. */
function levelAfter(vehicle: Vehicle, worked: number, state: VehicleState): number {
  const filled = worked - modulo(worked + vehicle.index, vehicle.refuelEvery);
  const level = between(91, 99, vehicle.key, draw, filled);
  const burnt = (drivenSince(vehicle, filled, state) * vehicle.consumption) / 100;
  return level - (100 * burnt) / vehicle.tank;
}

function isFillingDay(vehicle: Vehicle, worked: number): boolean {
  return modulo(worked + vehicle.index, vehicle.refuelEvery) === 0;
}

/** Kilometres since the morning of that working day. */
function drivenSince(vehicle: Vehicle, worked: number, state: VehicleState): number {
  let { day } = state.plan;
  while (workdaysBefore(vehicle.roster, day) > worked || !isWorkday(vehicle.roster, day)) day -= 1;
  const whole = blocksBefore(vehicle, state.plan.day) - blocksBefore(vehicle, day);
  return (whole * vehicle.grid.block + state.metresToday) / 1000;
}
