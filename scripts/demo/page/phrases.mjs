const whole = new Intl.NumberFormat('en');

/** "12,345", or a dash for what is not known. */
export function count(value) {
  return typeof value === 'number' ? whole.format(Math.round(value)) : '–';
}

/** "72 %", "13.9 V", or a dash. */
export function measure(value, unit, digits = 0) {
  return typeof value === 'number' && Number.isFinite(value) ? `${value.toFixed(digits)} ${unit}` : '–';
}

/** "12 s ago": how long before `now` something was; both in unix seconds. */
export function ago(time, now) {
  if (typeof time !== 'number') return 'never';
  const seconds = Math.max(0, Math.round(now - time));
  if (seconds < 2) return 'now';
  if (seconds < 100) return `${seconds} s ago`;
  if (seconds < 6000) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} days ago`;
}

/** "NE" */
export function compass(heading) {
  const points = ['N', 'NE', 'E', 'SE', 'S', 'SW', 'W', 'NW'];
  return points[Math.round((((heading % 360) + 360) % 360) / 45) % 8];
}

/** A telemetry value as text. */
export function plain(value) {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'object') return JSON.stringify(value);
  if (typeof value === 'number') return String(Math.round(value * 1e6) / 1e6);
  return String(value);
}
