/**
 * Streets to drive on: two families of parallel lines that cross, bent a little so that they look grown, around the point
 * that flespi's selector examples use (54.72, 25.26). Places are counted in blocks: whole numbers are crossings.
 */
export interface RoadGrid {
  /** Metres from one crossing to the next. */
  readonly block: number;
  /** Crossings from the middle to the edge of town. */
  readonly half: number;
  /** Speed limits in metres per second: every fourth street, every second, the others. */
  readonly limits: readonly [boulevard: number, street: number, lane: number];
  /** Seconds that a block may take at most, lights included: what the day plan counts on. */
  readonly pace: number;
}

/** North, east, south, west before the town is turned; the numbers are the directions of a route. */
export type Direction = 0 | 1 | 2 | 3;

export interface Place {
  latitude: number;
  longitude: number;
}

const kmh = 1 / 3.6;

export const cityGrid: RoadGrid = { block: 250, half: 14, limits: [50 * kmh, 40 * kmh, 30 * kmh], pace: 36 };
/** What trucks use: the main roads of the same town and beyond it. */
export const regionGrid: RoadGrid = { block: 500, half: 14, limits: [70 * kmh, 60 * kmh, 50 * kmh], pace: 46 };

export const centre: Readonly<Place> = { latitude: 54.72, longitude: 25.26 };

const metresPerDegree = (Math.PI / 180) * 6_371_000;
const metresPerLongitude = metresPerDegree * Math.cos((centre.latitude * Math.PI) / 180);
const turned = { sin: Math.sin(0.31), cos: Math.cos(0.31) };
/** Height and length in metres of the waves that bend the streets: never more than 8.4 degrees off, 1.1 % longer. */
const wave = { height: 70, length: 3000 };
const bend = (2 * Math.PI) / wave.length;

export const east: readonly number[] = [0, 1, 0, -1];
export const north: readonly number[] = [1, 0, -1, 0];

const isNorthSouth = (direction: Direction): boolean => (direction & 1) === 0;

/** Where a point of the grid is on earth. */
export function placeOf(grid: RoadGrid, x: number, y: number): Place {
  const straightX = x * grid.block;
  const straightY = y * grid.block;
  const bentX = straightX + wave.height * Math.sin(straightY * bend + 1);
  const bentY = straightY + wave.height * Math.sin(straightX * bend + 2);
  return {
    latitude: centre.latitude + (bentY * turned.cos - bentX * turned.sin) / metresPerDegree,
    longitude: centre.longitude + (bentX * turned.cos + bentY * turned.sin) / metresPerLongitude,
  };
}

/** How a street runs at a point: degrees clockwise from north, and how much longer it is there than the straight line. */
export function courseOf(
  grid: RoadGrid,
  x: number,
  y: number,
  direction: Direction,
): { heading: number; stretch: number } {
  const upright = isNorthSouth(direction);
  const slope = wave.height * bend * Math.cos((upright ? y : x) * grid.block * bend + (upright ? 1 : 2));
  const forward = direction < 2 ? 1 : -1;
  const dx = (upright ? slope : 1) * forward;
  const dy = (upright ? 1 : slope) * forward;
  const eastward = dx * turned.cos + dy * turned.sin;
  const northward = dy * turned.cos - dx * turned.sin;
  const heading = (Math.atan2(eastward, northward) * 180) / Math.PI;
  return { heading: (heading + 360) % 360, stretch: Math.hypot(1, slope) };
}

/** The limit on the street that runs in this direction through the point. */
export function limitAt(grid: RoadGrid, x: number, y: number, direction: Direction): number {
  const street = isNorthSouth(direction) ? x : y;
  if (street % 4 === 0) return grid.limits[0];
  return street % 2 === 0 ? grid.limits[1] : grid.limits[2];
}

/** Where two larger streets cross there are lights. */
export function hasLights(x: number, y: number): boolean {
  return x % 2 === 0 && y % 2 === 0;
}

/** Blocks between two crossings on any shortest way. */
export function blocksBetween(x: number, y: number, toX: number, toY: number): number {
  return Math.abs(toX - x) + Math.abs(toY - y);
}

/** Is the crossing inside the town? */
export function isInside(grid: RoadGrid, x: number, y: number): boolean {
  return Math.abs(x) <= grid.half && Math.abs(y) <= grid.half;
}
