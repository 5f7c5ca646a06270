import { states } from './vehicle-state.mjs';

const shapes = new Map(states.map(({ name, path, hollow }) => [name, { path: new Path2D(path), hollow }]));
/** Names stand beside all marks when there is room for them. */
const mostNames = 60;

/** Draws the vehicles: those that stand below those that move, the selected one on top of all. */
export function drawMarks(context, view, vehicles, { colours, selected, hovered, shown }) {
  const visible = vehicles.filter((vehicle) => view.contains(vehicle.at, -30));
  const rank = (vehicle) =>
    vehicle.id === selected
      ? 4
      : vehicle.id === hovered
        ? 3
        : vehicle.state === 'moving'
          ? 2
          : vehicle.state === 'idling'
            ? 1
            : 0;
  visible.sort((a, b) => rank(a) - rank(b));
  const namesFit = visible.length <= mostNames && view.scale > 0.035;
  for (const vehicle of visible) {
    const place = view.toScreen(vehicle.at);
    const special = vehicle.id === selected || vehicle.id === hovered;
    context.globalAlpha = shown(vehicle) || special ? 1 : 0.18;
    if (vehicle.id === selected) drawRing(context, place, colours);
    drawMark(context, place, vehicle, colours, special ? 1.35 : 1);
    if (special || (namesFit && shown(vehicle))) drawName(context, place, vehicle, colours, special);
  }
  context.globalAlpha = 1;
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

function drawName(context, place, vehicle, colours, special) {
  context.font = `${special ? 600 : 500} ${special ? 13 : 11.5}px system-ui, sans-serif`;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.lineJoin = 'round';
  context.lineWidth = 3.5;
  context.strokeStyle = colours.halo;
  const x = place.x + (special ? 18 : 13);
  context.strokeText(vehicle.name, x, place.y);
  context.fillStyle = colours.ink;
  context.fillText(vehicle.name, x, place.y);
}
