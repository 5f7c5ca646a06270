import { FlespiError } from './flespi-error';

/** Seconds of the units that people write, without the plural. */
const units: Readonly<Record<string, number>> = {
  s: 1,
  sec: 1,
  second: 1,
  m: 60,
  min: 60,
  minute: 60,
  h: 3600,
  hour: 3600,
  d: 86_400,
  day: 86_400,
  w: 604_800,
  week: 604_800,
};

/** Names of bounds at which a stretch of time stands for its end. */
const ends: ReadonlySet<string> = new Set(['to', 'end', 'right_key']);

/**
 * A point in time as people and messages write it, in unix seconds: a number or its text (seconds, or milliseconds as
 * Node-RED's timestamps are), a Date, an ISO date, `now`, `-24h`, `24 hours ago`, or a stretch of time: `today`, `yesterday`,
 * `this week`, `last month`, `last 24 hours`, a date alone. A stretch stands for its beginning, and for its end where `name` is
 * an upper bound. `now` is in unix seconds; days are those of this machine's time zone, weeks begin on Monday (ISO 8601).
 * Nothing gives nothing. Throws FLESPI_BAD_INPUT.
 *
 * @example
 * timeOf('from', 'last 24 hours', 1795435200); // 1795348800
 * timeOf('to', 'last 24 hours', 1795435200); // 1795435200
 */
export function timeOf(name: string, value: unknown, now: number): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const time = stretchOf(value, now)?.[ends.has(name) ? 1 : 0];
  if (time !== undefined && Number.isFinite(time) && time >= 0) return time;
  const given = typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, 40) : typeof value;
  throw new FlespiError('FLESPI_BAD_INPUT', { attempted: name, params: { problem: 'not-a-time', name, given } });
}

type Stretch = readonly [number, number];

function stretchOf(value: unknown, now: number): Stretch | undefined {
  if (value instanceof Date) return moment(value.getTime() / 1000);
  if (typeof value === 'number') return moment(fromNumber(value));
  if (typeof value !== 'string') return undefined;
  const text = value.trim().toLowerCase().replaceAll(/\s+/g, ' ');
  if (/^\d+(\.\d+)?$/.test(text)) return moment(fromNumber(Number(text)));
  if (text === 'now') return moment(now);
  const named = calendar[text];
  if (named) return named(now);
  const [, agoCount, agoUnit] =
    /^(\d+(?:\.\d+)?) ?([a-z]+) ago$/.exec(text) ?? /^(?:now ?)?- ?(\d+(?:\.\d+)?) ?([a-z]+)$/.exec(text) ?? [];
  if (agoUnit !== undefined) return moment(now - lengthOf(agoCount, agoUnit));
  const [, count, unit] = /^(?:the )?(?:last|past) (?:(\d+(?:\.\d+)?) ?)?([a-z]+)$/.exec(text) ?? [];
  if (unit !== undefined) return [now - lengthOf(count, unit), now];
  // Date.parse alone would take almost anything for a date, each engine in its own way.
  return /^\d{4}-\d{2}-\d{2}/.test(text) ? dateOf(value.trim()) : undefined;
}

function moment(time: number): Stretch {
  return [time, time];
}

/** Seconds stay below 1e11 until the year 5138; milliseconds passed it in 1973. */
function fromNumber(value: number): number {
  return value >= 1e11 ? value / 1000 : value;
}

/** A date alone is the whole of that day here; with a time it is a moment, here too unless it names its zone. */
function dateOf(text: string): Stretch {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  if (day === undefined) return moment(Date.parse(text.replace(/^(\S{10}) /, '$1T')) / 1000);
  const parts: [number, number, number] = [Number(year), Number(month) - 1, Number(day)];
  const start = new Date(...parts);
  if (start.getMonth() !== parts[1]) return moment(NaN);
  return [start.getTime() / 1000, justBefore(new Date(parts[0], parts[1], parts[2] + 1).getTime() / 1000)];
}

/** Where a stretch reaches into the present it ends now. */
const calendar: Readonly<Record<string, (now: number) => Stretch>> = {
  today: (now) => [dayStart(now, 0), now],
  yesterday: (now) => [dayStart(now, -1), justBefore(dayStart(now, 0))],
  'this week': (now) => [weekStart(now, 0), now],
  'last week': (now) => [weekStart(now, -1), justBefore(weekStart(now, 0))],
  'this month': (now) => [monthStart(now, 0), now],
  'last month': (now) => [monthStart(now, -1), justBefore(monthStart(now, 0))],
};

/** flespi's bounds are inclusive, but midnight belongs to one day only. */
function justBefore(time: number): number {
  return time - 1e-6;
}

/** From local midnight: where the clock changes, a day is not 86,400 seconds long. */
function dayStart(now: number, days: number): number {
  const date = new Date(now * 1000);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days).getTime() / 1000;
}

function weekStart(now: number, weeks: number): number {
  const weekday = (new Date(now * 1000).getDay() + 6) % 7;
  return dayStart(now, weeks * 7 - weekday);
}

function monthStart(now: number, months: number): number {
  const date = new Date(now * 1000);
  return new Date(date.getFullYear(), date.getMonth() + months, 1).getTime() / 1000;
}

/** NaN for a unit that is none. */
function lengthOf(count: string | undefined, unit: string): number {
  return Number(count ?? 1) * (units[unit] ?? units[unit.replace(/s$/, '')] ?? NaN);
}
