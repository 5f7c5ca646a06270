const radius = 6_378_137;
const radians = Math.PI / 180;

/** Mercator metres, x to the east and y to the south, as a screen has them. */
export function toWorld(latitude, longitude) {
  const bounded = Math.max(-85, Math.min(85, latitude));
  return {
    x: radius * longitude * radians,
    y: -radius * Math.log(Math.tan(Math.PI / 4 + (bounded * radians) / 2)),
  };
}

/** How much longer Mercator metres are than real ones at this y. */
export function stretchAt(y) {
  return Math.cosh(y / radius);
}

/** Which part of the world the screen shows: the point in its middle and the pixels of a metre. */
export class View {
  x = 0;
  y = 0;
  scale = 0.05;
  width = 1;
  height = 1;

  toScreen(point) {
    return {
      x: (point.x - this.x) * this.scale + this.width / 2,
      y: (point.y - this.y) * this.scale + this.height / 2,
    };
  }

  toWorld(point) {
    return {
      x: (point.x - this.width / 2) / this.scale + this.x,
      y: (point.y - this.height / 2) / this.scale + this.y,
    };
  }

  /** Zooms about a point of the screen, which stays where it is. */
  zoom(factor, about = { x: this.width / 2, y: this.height / 2 }) {
    const before = this.toWorld(about);
    this.scale = Math.min(3, Math.max(0.00002, this.scale * factor));
    const after = this.toWorld(about);
    this.x += before.x - after.x;
    this.y += before.y - after.y;
  }

  pan(dx, dy) {
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
  }

  /** Shows all the points, with room around them. */
  fit(points) {
    if (points.length === 0) return;
    const xs = points.map(({ x }) => x);
    const ys = points.map(({ y }) => y);
    const [left, right] = [xs.reduce((a, b) => Math.min(a, b)), xs.reduce((a, b) => Math.max(a, b))];
    const [top, bottom] = [ys.reduce((a, b) => Math.min(a, b)), ys.reduce((a, b) => Math.max(a, b))];
    this.x = (left + right) / 2;
    this.y = (top + bottom) / 2;
    const span = { x: Math.max(1200, right - left), y: Math.max(1200, bottom - top) };
    const room = { x: Math.max(50, this.width - 130), y: Math.max(50, this.height - 150) };
    this.scale = Math.min(room.x / span.x, room.y / span.y);
  }

  contains(point, margin) {
    const { x, y } = this.toScreen(point);
    return x > margin && y > margin && x < this.width - margin && y < this.height - margin;
  }
}
