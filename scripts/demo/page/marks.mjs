import { states } from './vehicle-state.mjs';

const shapes = new Map(states.map(({ name, path, hollow }) => [name, { path: new Path2D(path), hollow }]));
/** Metres per pixel above which names only stand beside chosen marks. */
const coarsest = 60;

/** Draws the vehicles: those that stand below those that move, the selected one on top of all; names where they fit. */
export function drawMarks(context, view, vehicles, { colours, selected, hovered, shown }) {
  const rank = ({ id, state }) =>
    id === selected ? 4 : id === hovered ? 3 : state === 'moving' ? 2 : state === 'idling' ? 1 : 0;
  const visible = vehicles
    .filter((vehicle) => view.contains(vehicle.at, -30))
    .map((vehicle) => ({ vehicle, place: view.toScreen(vehicle.at), rank: rank(vehicle) }))
    .sort((a, b) => a.rank - b.rank || a.vehicle.id - b.vehicle.id);
  for (const { vehicle, place, rank: isSpecial } of visible) {
    context.globalAlpha = shown(vehicle) || isSpecial > 2 ? 1 : 0.18;
    if (vehicle.id === selected) drawRing(context, place, colours);
    drawMark(context, place, vehicle, colours, isSpecial > 2 ? 1.35 : 1);
  }
  context.globalAlpha = 1;
  const taken = [];
  for (const { vehicle, place, rank: isSpecial } of visible.reverse()) {
    if (isSpecial < 3 && (!shown(vehicle) || view.scale * coarsest < 1)) continue;
    drawName(context, place, vehicle, colours, isSpecial > 2, taken);
  }
}

function drawMark(context, place, vehicle, colours, size) {
  const { path, hollow } = shapes.get(vehicle.state);
  context.save();
  context.translate(place.x, place.y);
  context.rotate((vehicle.at.heading * Math.PI) / 180);
  context.scale(size, size);
  context.lineJoin = 'round';
  context.strokeStyle = colours.halo;
  context.lineWidth = hollow ? 6.5 : 4;
  context.stroke(path);
  if (hollow) {
    context.strokeStyle = colours[vehicle.state];
    context.lineWidth = 2.6;
    context.stroke(path);
  } else {
    context.fillStyle = colours[vehicle.state];
    context.fill(path);
  }
  context.restore();
}

function drawRing(context, place, colours) {
  context.beginPath();
  context.arc(place.x, place.y, 22, 0, 2 * Math.PI);
  context.globalAlpha = 0.16;
  context.fillStyle = colours.accent;
  context.fill();
  context.globalAlpha = 1;
  context.lineWidth = 2;
  context.strokeStyle = colours.accent;
  context.stroke();
}

/** Writes the name beside the mark unless another one stands there. */
function drawName(context, place, vehicle, colours, special, taken) {
  context.font = `${special ? 600 : 500} ${special ? 13 : 11.5}px system-ui, sans-serif`;
  const left = place.x + (special ? 18 : 13);
  const box = { left, right: left + context.measureText(vehicle.name).width, top: place.y - 7, bottom: place.y + 7 };
  const overlaps = (other) =>
    box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom;
  if (!special && taken.some(overlaps)) return;
  taken.push(box);
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.lineJoin = 'round';
  context.lineWidth = 3.5;
  context.strokeStyle = colours.halo;
  context.strokeText(vehicle.name, left, place.y);
  context.fillStyle = colours.ink;
  context.fillText(vehicle.name, left, place.y);
}
