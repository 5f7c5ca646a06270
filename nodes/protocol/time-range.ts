import { FlespiError } from './flespi-error';

export type TimeUnit = 'minutes' | 'hours' | 'days';

const secondsIn: Readonly<Record<TimeUnit, number>> = { minutes: 60, hours: 3600, days: 86_400 };
const unitLetters: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Seconds in an amount of time as the form has it. */
export function seconds(amount: number, unit: TimeUnit): number {
  return amount * secondsIn[unit];
}

/**
 * A point in time as people and messages write it, in unix seconds: a number or its text (seconds, or milliseconds as
 * Node-RED's timestamps are), an ISO date, a Date, `now`, or relative to now: `-24h`, `-30m`, `-7d`.
 * @throws FLESPI_BAD_INPUT
 */
export function timeOf(name: string, value: unknown, now: number): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const time =
    value instanceof Date ? value.getTime() / 1000 : typeof value === 'number' ? fromNumber(value) : read(value, now);
  if (time === undefined || !Number.isFinite(time) || time < 0) {
    const given = typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value).slice(0, 40);
    throw new FlespiError('FLESPI_BAD_INPUT', { attempted: name, params: { problem: 'not-a-time', name, given } });
  }
  return time;
}

function read(value: unknown, now: number): number | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (text === 'now') return now;
  const [, amount, letter] = /^-\s*(\d+(?:\.\d+)?)\s*([smhdw])$/i.exec(text) ?? [];
  if (amount !== undefined && letter !== undefined)
    return now - Number(amount) * (unitLetters[letter.toLowerCase()] ?? 1);
  if (/^\d+(\.\d+)?$/.test(text)) return fromNumber(Number(text));
  // Date.parse alone would take almost anything for a date, each engine in its own way.
  return /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) / 1000 : undefined;
}

/** Seconds stay below 1e11 until the year 5138; milliseconds passed it in 1973. */
function fromNumber(value: number): number {
  return value >= 1e11 ? value / 1000 : value;
}
