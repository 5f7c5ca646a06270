const formats = new Map<string, Intl.DateTimeFormat>();
const mostFormats = 64;
const names = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const;

type Parts = Record<(typeof names)[number], string>;

/** What two moments share when they lie in the same hour, day, week, month or year of a time zone. */
export function calendarKey(seconds: number, split: string, timezone = 'UTC'): string {
  const { year, month, day, hour } = partsOf(seconds, timezone);
  switch (split) {
    case 'hour':
      return `${year}-${month}-${day} ${hour}`;
    case 'week': {
      // Weeks begin on Monday; the first day of 1970 was a Thursday.
      const days = Math.floor(Date.UTC(Number(year), Number(month) - 1, Number(day)) / 86_400_000);
      return String(Math.floor((days + 3) / 7));
    }
    case 'month':
      return `${year}-${month}`;
    case 'year':
      return year;
    default:
      return `${year}-${month}-${day}`;
  }
}

/** Writes a moment by a pattern with `%Y %m %d %H %M %S`; empty is `%Y-%m-%d %H:%M:%S`. */
export function formatTime(seconds: number, pattern: string, timezone = 'UTC'): string {
  const { year, month, day, hour, minute, second } = partsOf(seconds, timezone);
  const parts: Readonly<Record<string, string>> = { Y: year, m: month, d: day, H: hour, M: minute, S: second };
  return (pattern || '%Y-%m-%d %H:%M:%S').replaceAll(/%([YmdHMS])/g, (_text, letter: string) => parts[letter] ?? '');
}

function partsOf(seconds: number, timezone: string): Parts {
  const date = new Date(seconds * 1000);
  const parts = Object.fromEntries(names.map((name) => [name, '00'])) as Parts;
  if (Number.isNaN(date.getTime())) return parts;
  for (const { type, value } of formatFor(timezone).formatToParts(date))
    if (type in parts) parts[type as keyof Parts] = value;
  return parts;
}

function formatFor(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    const two = '2-digit';
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: two,
      day: two,
      hour: two,
      minute: two,
      second: two,
    });
    if (formats.size >= mostFormats) formats.clear();
    formats.set(timeZone, format);
  }
  return format;
}
