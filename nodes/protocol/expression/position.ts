import { Failure } from './expression-error';
import type { CallSite, EvaluationContext } from './function-definition';
import { missing } from './function-definition';
import { distanceBetween, isInside, type Point } from './geo';
import type { Result } from './operations';
import { read, type Scope } from './scope';
import { typeOf, type JsonObject, type Value } from './value';

/** The parameters that hold a message's position. */
export const positionParameters = ['position.latitude', 'position.longitude'] as const;

/** Kilometres between two points, given as latitude, longitude, latitude, longitude in degrees. */
export function distance(where: string, values: readonly Value[]): Result {
  for (const value of values) {
    // Not by asNumber(): null as latitude 0 would put every device without a position on the equator.
    if (typeof value !== 'number') return new Failure('TYPE', { where, wanted: 'numbers', given: typeOf(value) });
  }
  const [lat1, lon1, lat2, lon2] = values as readonly [number, number, number, number];
  const kilometres = distanceBetween({ lat: lat1, lon: lon1 }, { lat: lat2, lon: lon2 });
  return Number.isFinite(kilometres) ? kilometres : new Failure('NUMBER_RANGE', { where });
}

export function distanceTo(lat: Value, lon: Value, scope: Scope | JsonObject): Result {
  const here = position(scope);
  return here instanceof Failure ? here : distance('distance_to()', [here.lat, here.lon, lat, lon]);
}

/** Kilometres from the previous message's position to this one's. */
export function travelled(where: string, scope: Scope | JsonObject, { previous }: EvaluationContext): Result {
  if (!previous) return new Failure('NO_PREVIOUS', { where });
  const from = position(previous);
  if (from instanceof Failure) return from;
  const to = position(scope);
  return to instanceof Failure ? to : distance(where, [from.lat, from.lon, to.lat, to.lon]);
}

/** Seconds from the previous message to this one. */
export function duration(scope: Scope | JsonObject, { previous }: EvaluationContext): Result {
  if (!previous) return new Failure('NO_PREVIOUS', { where: 'duration()' });
  const from = numberIn(previous, 'timestamp');
  if (from instanceof Failure) return from;
  const to = numberIn(scope, 'timestamp');
  return to instanceof Failure ? to : to - from;
}

/** With a name: is the position inside that geofence. Without: the name of the geofence that it is in, or null. */
export function geofence(name: Value | undefined, { scope, context }: CallSite): Result {
  const where = 'geofence()';
  if (name !== undefined && typeof name !== 'string') {
    return new Failure('TYPE', { where, wanted: 'a name in quotes', given: typeOf(name) });
  }
  if (!context.geofences) return new Failure('NO_GEOFENCES', { where });
  const here = position(scope);
  if (here instanceof Failure) return here;
  if (name !== undefined) {
    return context.geofences.some((fence) => fence.name === name && isInside(here, fence.geometry));
  }
  let best: { name: string; priority: number } | undefined;
  for (const { name: candidate, geometry, priority = 0 } of context.geofences) {
    if ((best === undefined || priority > best.priority) && isInside(here, geometry))
      best = { name: candidate, priority };
  }
  return best?.name ?? null;
}

function position(scope: Scope | JsonObject): Point | Failure {
  const lat = numberIn(scope, 'position.latitude');
  if (lat instanceof Failure) return lat;
  const lon = numberIn(scope, 'position.longitude');
  return lon instanceof Failure ? lon : { lat, lon };
}

function numberIn(scope: Scope | JsonObject, name: string): number | Failure {
  const value = read(scope, name);
  if (value === undefined) return missing(name);
  return typeof value === 'number'
    ? value
    : new Failure('TYPE', { where: name, wanted: 'number', given: typeOf(value) });
}
