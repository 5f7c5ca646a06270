export type CalendarPart = 'month' | 'day' | 'hour' | 'minute';

const formats = new Map<string, Intl.DateTimeFormat>();
const mostFormats = 64;

/**
 * A part of a unix time on the calendar and clock of a time zone ("Europe/Vilnius"; UTC when not given). Months count from 1.
 * `undefined` for a time that no calendar reaches; throws RangeError for a time zone that does not exist.
 */
export function calendarPart(part: CalendarPart, seconds: number, timezone = 'UTC'): number | undefined {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return undefined;
  if (timezone === 'UTC') return utcPart(part, date);
  const found = formatFor(timezone)
    .formatToParts(date)
    .find(({ type }) => type === part);
  return found && Number(found.value);
}

function utcPart(part: CalendarPart, date: Date): number {
  switch (part) {
    case 'month':
      return date.getUTCMonth() + 1;
    case 'day':
      return date.getUTCDate();
    case 'hour':
      return date.getUTCHours();
    default:
      return date.getUTCMinutes();
  }
}

/** Kept, because making one takes longer than a thousand uses of it. */
function formatFor(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    });
    if (formats.size >= mostFormats) formats.clear();
    formats.set(timeZone, format);
  }
  return format;
}
