/** On which days a vehicle works: the first `work` days of every `cycle`, counted from a day of its own. */
export interface Roster {
  cycle: number;
  work: number;
  phase: number;
}

export function isWorkday(roster: Roster, day: number): boolean {
  return modulo(day + roster.phase, roster.cycle) < roster.work;
}

/** Working days before this one, from the same far beginning for every day: consecutive working days differ by one. */
export function workdaysBefore(roster: Roster, day: number): number {
  const shifted = day + roster.phase;
  return Math.floor(shifted / roster.cycle) * roster.work + Math.min(modulo(shifted, roster.cycle), roster.work);
}

/** The remainder that is never negative. */
export function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
