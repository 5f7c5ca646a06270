import { Details } from './details.mjs';
import { follow, trailsOf } from './feed.mjs';
import { Fleet } from './fleet.mjs';
import { FleetMap } from './map.mjs';
import { count } from './phrases.mjs';
import { FleetTable } from './table.mjs';
import { markOf, states } from './vehicle-state.mjs';

const element = (id) => document.getElementById(id);
/** The page may stand below any path; its data is below the page. */
const address = location.pathname.replace(/\/+$/, '');

const fleet = new Fleet();
const map = new FleetMap(element('map'), fleet, select);
const table = new FleetTable(
  {
    columns: element('columns'),
    rows: element('rows'),
    filter: element('filter'),
    shown: element('shown'),
    more: element('more'),
  },
  fleet,
  (id) => select(id, true),
);
const details = new Details(element('details'), { fleet, map, address, close: () => select(undefined) });
const legend = new Map(states.map((state) => [state.name, legendButton(state)]));
/** Messages over the last seconds, for their rate. */
const readings = [];

map.shown = (vehicle) => table.admits(vehicle);
element('zoom-in').addEventListener('click', () => map.zoom(1.5));
element('zoom-out').addEventListener('click', () => map.zoom(1 / 1.5));
element('zoom-fit').addEventListener('click', () => map.fit());
element('filter').addEventListener('input', () => map.touch());
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && event.target !== element('filter')) select(undefined);
});

/** A vehicle that was chosen in the table comes into the middle; one that was chosen on the map is there already. */
function select(id, centre = false) {
  const vehicle = fleet.vehicles.get(id);
  map.selected = vehicle?.id;
  map.following = centre && vehicle?.at !== undefined;
  if (centre) map.centre(vehicle);
  map.touch();
  table.select(vehicle?.id);
  details.show(vehicle?.id);
  history.replaceState(null, '', vehicle ? `#${vehicle.id}` : location.pathname + location.search);
}

function legendButton({ name, label }) {
  const button = document.createElement('button');
  const number = document.createElement('b');
  button.type = 'button';
  button.setAttribute('aria-pressed', 'false');
  button.append(markOf(name), number, label);
  button.addEventListener('click', () => {
    table.state = table.state === name ? undefined : name;
    for (const [other, entry] of legend) entry.button.setAttribute('aria-pressed', String(table.state === other));
    table.refresh();
    map.touch();
  });
  element('legend').append(button);
  return { button, number };
}

function showCounts() {
  const { devices, messages, rpc } = fleet.counts;
  const vehicles = [...fleet.vehicles.values()];
  for (const [name, { number }] of legend)
    number.textContent = String(vehicles.filter(({ state }) => state === name).length);
  element('count-vehicles').textContent = count(devices);
  element('count-moving').textContent = count(vehicles.filter(({ state }) => state === 'moving').length);
  element('count-messages').textContent = count(messages);
  element('count-rpc').textContent = count(rpc);
  readings.push({ time: performance.now(), messages });
  if (readings.length > 10) readings.shift();
  const [first] = readings;
  const seconds = (performance.now() - first.time) / 1000;
  element('message-rate').textContent =
    seconds > 2 ? `${Math.max(0, (messages - first.messages) / seconds).toFixed(1)} per s` : '';
}

function showEmpty() {
  const known = fleet.vehicles.size;
  element('empty').hidden = fleet.positioned.length > 0;
  element('empty-text').textContent =
    known === 0
      ? 'Waiting for the first vehicle…'
      : `${known} ${known === 1 ? 'vehicle is' : 'vehicles are'} known. Waiting for the first position…`;
}

function showBanner(text, isMild = false) {
  const banner = element('banner');
  banner.hidden = !text;
  banner.classList.toggle('mild', isMild);
  if (banner.textContent !== text) banner.textContent = text;
}

let selectFromAddress = () => {
  const id = Number(location.hash.slice(1));
  if (!fleet.vehicles.has(id)) return;
  selectFromAddress = () => undefined;
  select(id, true);
};

/** Once, when there are vehicles: before, the account may not even be set. */
let loadTrails = async () => {
  loadTrails = () => undefined;
  for (const trail of await trailsOf(address)) fleet.streets.addTrail(trail);
  map.touch();
};

showEmpty();
follow(address, {
  onUpdate(update) {
    document.body.classList.remove('lost');
    fleet.apply(update, performance.now());
    if (map.selected !== undefined && !fleet.vehicles.has(map.selected)) select(undefined);
    selectFromAddress();
    if (fleet.positioned.length > 0) void loadTrails();
    showBanner(update.error ?? '', true);
    showCounts();
    showEmpty();
    table.refresh();
    details.refresh();
    map.touch();
  },
  onLost(failures) {
    // One answer that does not come is no reason to alarm anybody.
    if (failures < 2) return;
    document.body.classList.add('lost');
    showBanner('Node-RED does not answer. What you see is the last known state; trying again…');
    map.touch();
  },
});

/** For tests, and for the curious in the browser's console: what is drawn where. */
globalThis.fleetMarks = () =>
  fleet.positioned.map((vehicle) => ({
    id: vehicle.id,
    state: vehicle.state,
    heading: vehicle.at.heading,
    ...map.view.toScreen(vehicle.at),
  }));
