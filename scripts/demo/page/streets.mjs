import { toWorld } from './view.mjs';

/** Two messages show a street when they are at most this far apart in seconds and metres. */
const near = { seconds: 45, metres: 700 };
/** Metres. Pieces are longer than the cells by which they are told apart, so that a way has no holes. */
const piece = 14;
const cell = 10;
const mostPieces = 30_000;

/** The streets that the vehicles have shown by driving on them: nobody has given the page a map. */
export class Streets {
  /** Pieces in world metres: x, y, x, y. Each is there once, however often it is driven. */
  pieces = [];
  #known = new Set();

  /** A vehicle went from one point to the next, with their times in seconds; gives the point to go on from. */
  go(from, to) {
    const distance = Math.hypot(to.x - from.x, to.y - from.y);
    if (distance > near.metres || to.time - from.time > near.seconds) return to;
    if (distance < piece) return { ...from, time: to.time };
    const steps = Math.floor(distance / piece);
    let before = from;
    for (let step = 1; step <= steps; step += 1) {
      const way = step / steps;
      const next = { x: from.x + (to.x - from.x) * way, y: from.y + (to.y - from.y) * way };
      this.#add(before, next);
      before = next;
    }
    return to;
  }

  /** Takes in where a vehicle was: a list of latitude, longitude and time. */
  addTrail(trail) {
    let from;
    for (const [latitude, longitude, time] of trail) {
      const to = { ...toWorld(latitude, longitude), time };
      from = from ? this.go(from, to) : to;
    }
  }

  #add(from, to) {
    const key = `${Math.round((from.x + to.x) / 2 / cell)} ${Math.round((from.y + to.y) / 2 / cell)}`;
    if (this.#known.has(key) || this.pieces.length >= mostPieces) return;
    this.#known.add(key);
    this.pieces.push([from.x, from.y, to.x, to.y]);
  }
}
