/**
 * What a vehicle is doing, in the order of the legend. Shape and colour both say it. The path is drawn in a square of 24
 * around its middle, nose up; `hollow` is stroked instead of filled.
 */
export const states = [
  { name: 'moving', label: 'moving', path: 'M0-10L8 9 0 4.5-8 9Z', hollow: false },
  { name: 'idling', label: 'idling', path: 'M0-9.5L7 0 0 9.5-7 0Z', hollow: false },
  { name: 'parked', label: 'parked', path: 'M0-10L4.2-5.4A7 7 0 1 1-4.2-5.4Z', hollow: false },
  { name: 'out', label: 'out of contact', path: 'M7 0A7 7 0 1 1-7 0A7 7 0 1 1 7 0M-4.9 4.9L4.9-4.9', hollow: true },
];

export const stateByName = new Map(states.map((state) => [state.name, state]));

/** The name of the state. A device that says nothing about its connection counts as out of contact after an hour. */
export function stateOf(vehicle, now) {
  const silence = now - (vehicle.seen ?? 0);
  if (vehicle.connected === false || silence > 86_400) return 'out';
  if (vehicle.connected === undefined && silence > 3600) return 'out';
  if (vehicle.speed > 2 && silence < 300) return 'moving';
  return vehicle.ignition === true ? 'idling' : 'parked';
}

/** The mark of a state as an element, as the map draws it. */
export function markOf(name, heading = 0) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '-12 -12 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.classList.add('mark');
  svg.append(document.createElementNS('http://www.w3.org/2000/svg', 'path'));
  setMark(svg, name, heading);
  return svg;
}

export function setMark(svg, name, heading = 0) {
  const { path, hollow } = stateByName.get(name);
  const shape = svg.firstChild;
  svg.dataset.state = name;
  setAttribute(shape, 'd', path);
  setAttribute(shape, 'fill', hollow ? 'none' : 'currentColor');
  setAttribute(shape, 'stroke', hollow ? 'currentColor' : 'none');
  setAttribute(shape, 'stroke-width', '2.6');
  setAttribute(shape, 'transform', `rotate(${Math.round(heading)})`);
}

function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
