import type { DeviceMessage } from '../fleet/gateway';

/** The newest value of a parameter and the time of the message it came in. */
export interface TelemetryValue {
  ts: number;
  value: unknown;
}

/** Newest values by parameter; names stay flat (`position.speed`). No prototype: names come from devices. */
export type Telemetry = Record<string, TelemetryValue>;

/** Most parameters that a device keeps (flespi KB "Device"). */
export const telemetryLimit = 1024;

const positionPrefix = 'position.';

/**
 * Takes a message into the telemetry and returns the names of the parameters that changed. Older values never replace newer
 * ones, so that a black box does not turn time back. Beside `position.latitude` and the like there is an aggregate
 * `position` (pasted live answers, Home Assistant component).
 */
export function takeIn(telemetry: Telemetry, message: DeviceMessage): string[] {
  const ts = message.timestamp;
  const changed: string[] = [];
  let position: Record<string, unknown> | undefined;
  for (const name in message) {
    const value = message[name];
    if (value === undefined) continue;
    if (put(telemetry, name, ts, value)) changed.push(name);
    if (name.startsWith(positionPrefix))
      (position ??= Object.create(null) as Record<string, unknown>)[name.slice(positionPrefix.length)] = value;
  }
  if (position && put(telemetry, 'position', ts, position)) changed.push('position');
  return changed;
}

function put(telemetry: Telemetry, name: string, ts: number, value: unknown): boolean {
  const known = telemetry[name];
  if (!known) {
    if (Object.keys(telemetry).length >= telemetryLimit) return false;
    telemetry[name] = { ts, value };
    return true;
  }
  if (known.ts > ts) return false;
  const changed = !sameValue(known.value, value);
  known.ts = ts;
  known.value = value;
  return changed;
}

function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  return JSON.stringify(a) === JSON.stringify(b);
}

export function newTelemetry(): Telemetry {
  return Object.create(null) as Telemetry;
}
