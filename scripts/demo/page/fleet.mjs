import { Streets } from './streets.mjs';
import { stateOf } from './vehicle-state.mjs';
import { toWorld } from './view.mjs';

/** A jump longer than this many metres is shown as a jump. */
const longestGlide = 3000;
/** The vehicles as the page knows them, with the place where each of them is drawn at the moment. */
export class Fleet {
  vehicles = new Map();
  counts = { devices: undefined, messages: undefined, rpc: undefined };
  streets = new Streets();
  #skew = 0;

  /** Takes in what the flow answered. */
  apply(update, clock) {
    this.#skew = update.now - Date.now() / 1000;
    this.counts = { devices: update.devices, messages: update.messages, rpc: update.rpc };
    if (update.whole) {
      const ids = new Set(update.vehicles.map(({ id }) => id));
      for (const id of this.vehicles.keys()) if (!ids.has(id)) this.vehicles.delete(id);
    }
    for (const data of update.vehicles) this.#set(data, clock);
    for (const vehicle of this.vehicles.values()) vehicle.state = stateOf(vehicle, this.now());
  }

  /** Unix seconds by the clock of the flow. */
  now() {
    return Date.now() / 1000 + this.#skew;
  }

  get positioned() {
    return [...this.vehicles.values()].filter((vehicle) => vehicle.at);
  }

  #set(data, clock) {
    const vehicle = this.vehicles.get(data.id) ?? { id: data.id };
    const { seen, target } = vehicle;
    Object.assign(vehicle, data);
    this.vehicles.set(data.id, vehicle);
    // Trackers without a fix say 0, 0, an empty piece of ocean.
    if (typeof data.lat !== 'number' || typeof data.lon !== 'number' || (data.lat === 0 && data.lon === 0)) return;
    const next = toWorld(data.lat, data.lon);
    const heading = data.heading ?? vehicle.at?.heading ?? 0;
    if (!vehicle.at || !target) {
      vehicle.at = { ...next, heading };
    } else {
      const distance = Math.hypot(next.x - target.x, next.y - target.y);
      vehicle.paved = this.streets.go(vehicle.paved ?? { ...target, time: seen }, { ...next, time: data.seen });
      if (distance > longestGlide) vehicle.at = { ...next, heading };
    }
    // As long as the way before took, so that the mark arrives when the next message does.
    const duration = Math.min(4000, Math.max(900, clock - (vehicle.glide?.begin ?? clock - 1000)));
    vehicle.glide = { from: { ...vehicle.at }, begin: clock, duration };
    vehicle.target = { ...next, heading };
  }

  /** Moves every mark on its way; true while any of them is moving. */
  glide(clock, still) {
    let moves = false;
    for (const vehicle of this.vehicles.values()) {
      const { glide, target } = vehicle;
      if (!glide || !target) continue;
      const way = still ? 1 : Math.min(1, (clock - glide.begin) / glide.duration);
      const turn = ((target.heading - glide.from.heading + 540) % 360) - 180;
      vehicle.at = {
        x: glide.from.x + (target.x - glide.from.x) * way,
        y: glide.from.y + (target.y - glide.from.y) * way,
        // A vehicle turns at the crossing, not all along the street.
        heading: glide.from.heading + turn * Math.min(1, way * 2.5),
      };
      if (way < 1) moves = true;
    }
    return moves;
  }
}
