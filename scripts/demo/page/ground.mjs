import { stretchAt } from './view.mjs';

/** The plain ground: lines at round distances, the streets that the vehicles have shown, a scale, north. */
export class Ground {
  #canvas = document.createElement('canvas');
  #drawn = { key: '', streets: 0 };

  draw(context, view, streets, colours, ratio) {
    const key = [view.x, view.y, view.scale, view.width, view.height, colours.ground, ratio].join();
    if (key !== this.#drawn.key) {
      this.#canvas.width = Math.round(view.width * ratio);
      this.#canvas.height = Math.round(view.height * ratio);
      this.#drawn = { key, streets: 0 };
    }
    if (this.#drawn.streets !== streets.length || streets.length === 0) {
      this.#paint(view, streets, colours, ratio);
      this.#drawn.streets = streets.length;
    }
    context.drawImage(this.#canvas, 0, 0, view.width, view.height);
    drawScale(context, view, colours);
  }

  #paint(view, streets, colours, ratio) {
    const context = this.#canvas.getContext('2d');
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = colours.ground;
    context.fillRect(0, 0, view.width, view.height);
    drawLines(context, view, colours);
    const width = Math.min(14, Math.max(2.4, view.scale * 26));
    const { scale } = view;
    const left = view.width / 2 - view.x * scale;
    const top = view.height / 2 - view.y * scale;
    context.beginPath();
    for (const [fromX, fromY, toX, toY] of streets) {
      const x = left + fromX * scale;
      const y = top + fromY * scale;
      if (x < -60 || y < -60 || x > view.width + 60 || y > view.height + 60) continue;
      context.moveTo(x, y);
      context.lineTo(left + toX * scale, top + toY * scale);
    }
    context.lineCap = 'round';
    for (const [colour, edge] of [
      [colours.roadEdge, 2],
      [colours.road, 0],
    ]) {
      context.lineWidth = width + edge;
      context.strokeStyle = colour;
      context.stroke();
    }
  }
}

/** A round number of metres that is about as long as wanted. */
function roundDistance(metres) {
  const power = 10 ** Math.floor(Math.log10(metres));
  return [5, 2, 1].map((digit) => digit * power).find((distance) => distance <= metres) ?? power;
}

function drawLines(context, view, colours) {
  const step = roundDistance(150 / view.scale);
  const corner = view.toWorld({ x: 0, y: 0 });
  context.beginPath();
  for (let x = Math.ceil(corner.x / step) * step; ; x += step) {
    const at = Math.round(view.toScreen({ x, y: 0 }).x) + 0.5;
    if (at > view.width) break;
    context.moveTo(at, 0);
    context.lineTo(at, view.height);
  }
  for (let y = Math.ceil(corner.y / step) * step; ; y += step) {
    const at = Math.round(view.toScreen({ x: 0, y }).y) + 0.5;
    if (at > view.height) break;
    context.moveTo(0, at);
    context.lineTo(view.width, at);
  }
  context.lineWidth = 1;
  context.strokeStyle = colours.groundLine;
  context.stroke();
}

function drawScale(context, view, colours) {
  const pixelsPerMetre = view.scale * stretchAt(view.y);
  const metres = roundDistance(130 / pixelsPerMetre);
  const length = metres * pixelsPerMetre;
  const right = view.width - 18;
  const bottom = view.height - 20;
  context.strokeStyle = colours.ink2;
  context.fillStyle = colours.ink2;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(right - length, bottom - 6);
  context.lineTo(right - length, bottom);
  context.lineTo(right, bottom);
  context.lineTo(right, bottom - 6);
  context.stroke();
  context.font = '12px system-ui, sans-serif';
  context.textAlign = 'center';
  context.textBaseline = 'alphabetic';
  context.fillText(metres >= 1000 ? `${metres / 1000} km` : `${metres} m`, right - length / 2, bottom - 6);

  const north = { x: right - 12, y: bottom - 44 };
  context.beginPath();
  context.moveTo(north.x, north.y - 11);
  context.lineTo(north.x + 5, north.y + 4);
  context.lineTo(north.x, north.y + 1);
  context.lineTo(north.x - 5, north.y + 4);
  context.fill();
  context.fillText('N', north.x, north.y + 17);
}
