/** Degrees, as flespi's `position.latitude` and `position.longitude`. */
export interface Point {
  readonly lat: number;
  readonly lon: number;
}

/** Shapes of `gw/geofences` items. `radius` and `width` are kilometres; a corridor reaches half its width to either side. */
export type Geometry =
  | { readonly type: 'circle'; readonly center: Point; readonly radius: number }
  | { readonly type: 'polygon'; readonly path: readonly Point[] }
  | { readonly type: 'corridor'; readonly path: readonly Point[]; readonly width: number };

const earthRadius = 6371.0088;
const radians = Math.PI / 180;

/** Great-circle distance in kilometres (haversine, mean earth radius). */
export function distanceBetween(a: Point, b: Point): number {
  const latitude = Math.sin(((b.lat - a.lat) * radians) / 2);
  const longitude = Math.sin(((b.lon - a.lon) * radians) / 2);
  const h = latitude ** 2 + Math.cos(a.lat * radians) * Math.cos(b.lat * radians) * longitude ** 2;
  return 2 * earthRadius * Math.asin(Math.min(1, Math.sqrt(h)));
}

export function isInside(point: Point, geometry: Geometry): boolean {
  switch (geometry.type) {
    case 'circle':
      return distanceBetween(point, geometry.center) <= geometry.radius;
    case 'polygon':
      return isInPolygon(point, geometry.path);
    case 'corridor':
      return isInCorridor(point, geometry.path, geometry.width / 2);
    default:
      return false;
  }
}

/** Counts the edges that a line from the point to the east crosses. Of an edge's two ends only one counts, so corners do not count twice. */
function isInPolygon(point: Point, path: readonly Point[]): boolean {
  let inside = false;
  let before = path[path.length - 1];
  for (const corner of path) {
    if (before !== undefined && corner.lat > point.lat !== before.lat > point.lat) {
      const share = (point.lat - corner.lat) / (before.lat - corner.lat);
      if (point.lon < corner.lon + share * (before.lon - corner.lon)) inside = !inside;
    }
    before = corner;
  }
  return inside;
}

function isInCorridor(point: Point, path: readonly Point[], reach: number): boolean {
  if (path.length === 1) return distanceBetween(point, path[0] as Point) <= reach;
  for (let index = 1; index < path.length; index += 1) {
    if (distanceToSegment(point, path[index - 1] as Point, path[index] as Point) <= reach) return true;
  }
  return false;
}

/** On a plane around the point: exact enough for the few kilometres that a corridor is wide. */
function distanceToSegment(point: Point, from: Point, to: Point): number {
  const scale = Math.cos(point.lat * radians);
  const x1 = (from.lon - point.lon) * scale;
  const y1 = from.lat - point.lat;
  const dx = (to.lon - from.lon) * scale;
  const dy = to.lat - from.lat;
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, -(x1 * dx + y1 * dy) / length));
  return Math.hypot(x1 + along * dx, y1 + along * dy) * radians * earthRadius;
}
