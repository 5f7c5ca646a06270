import { blocksBetween, east, hasLights, isInside, limitAt, north } from './road-grid';
import type { Direction, RoadGrid } from './road-grid';

/** A crossing, in blocks from the middle of town. */
export interface Crossing {
  x: number;
  y: number;
}

const straightOn = 6;
const everyDirection: readonly Direction[] = [0, 1, 2, 3];

/**
 * A way of exactly `blocks` blocks between two crossings, as the direction of every block. It wanders as far as the blocks
 * allow and never turns round in the street. A fixed length is what makes the odometer of any day known without driving it.
 *
 * @throws RangeError when no such way exists: too short, odd where even is needed, or a round trip of two blocks
 */
export function routeBetween(
  grid: RoadGrid,
  from: Crossing,
  to: Crossing,
  blocks: number,
  random: () => number,
): Direction[] {
  if (!isPossible(from, to, blocks)) throw new RangeError(`Expected a way of ${blocks} blocks to exist`);
  const route: Direction[] = [];
  let { x, y } = from;
  let heading: Direction | undefined;
  for (let left = blocks; left > 0; left -= 1) {
    const choice = choose(grid, x, y, heading, to, left, random);
    route.push(choice);
    x += at(east, choice);
    y += at(north, choice);
    heading = choice;
  }
  return route;
}

/** Is there a way of this length? Twice round the same two crossings is none. */
export function isPossible(from: Crossing, to: Crossing, blocks: number): boolean {
  const shortest = blocksBetween(from.x, from.y, to.x, to.y);
  if (blocks === 0) return shortest === 0;
  return blocks >= shortest && (blocks - shortest) % 2 === 0 && (shortest > 0 || blocks >= 4);
}

function choose(
  grid: RoadGrid,
  x: number,
  y: number,
  heading: Direction | undefined,
  to: Crossing,
  left: number,
  random: () => number,
): Direction {
  const here = blocksBetween(x, y, to.x, to.y);
  let total = 0;
  let chosen: Direction | undefined;
  for (const direction of everyDirection) {
    if (heading !== undefined && ((direction + 2) & 3) === heading) continue;
    const nextX = x + at(east, direction);
    const nextY = y + at(north, direction);
    const distance = blocksBetween(nextX, nextY, to.x, to.y);
    if (!canStillArrive(direction, to.x - nextX, to.y - nextY, distance, left - 1)) continue;
    let weight = direction === heading ? straightOn : 1;
    if (distance < here) weight *= 2;
    if (limitAt(grid, x, y, direction) === grid.limits[0]) weight *= 1.5;
    if (!isInside(grid, nextX, nextY)) weight *= 0.01;
    total += weight;
    // One pass, one draw each: the later candidate replaces the earlier with its share of the weight so far.
    if (random() * total < weight) chosen = direction;
  }
  if (chosen === undefined) throw new RangeError(`No way on from ${x},${y} with ${left} blocks left`);
  return chosen;
}

/** Holds on every crossing of a route, and whenever it holds some direction keeps it so. */
function canStillArrive(heading: Direction, dx: number, dy: number, distance: number, left: number): boolean {
  const slack = left - distance;
  if (slack < 0) return false;
  if (distance === 0) return left === 0 || left >= 4;
  if (slack > 0) return true;
  const ahead = dx * at(east, heading) + dy * at(north, heading);
  return ahead !== -distance;
}

/** Is the light at this crossing red for whoever arrives? Only larger streets have any. */
export function isRed(x: number, y: number, random: () => number): boolean {
  return hasLights(x, y) && random() < 0.4;
}

function at(steps: readonly number[], direction: Direction): number {
  return steps[direction] ?? 0;
}
