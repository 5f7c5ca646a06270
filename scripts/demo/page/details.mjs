import { telemetryOf } from './feed.mjs';
import { ago, compass, count, measure, plain } from './phrases.mjs';
import { markOf, setMark, stateByName } from './vehicle-state.mjs';

const refreshEvery = 10_000;

/** The selected vehicle: what the page knows, and all of its telemetry, which the flow asks from flespi over MQTT. */
export class Details {
  #element;
  #fleet;
  #map;
  #address;
  #close;
  #id;
  #timer;
  #parts;

  constructor(element, { fleet, map, address, close }) {
    this.#element = element;
    this.#fleet = fleet;
    this.#map = map;
    this.#address = address;
    this.#close = close;
  }

  show(id) {
    clearTimeout(this.#timer);
    this.#id = id;
    this.#element.hidden = id === undefined;
    this.#element.replaceChildren();
    this.#parts = undefined;
    if (id === undefined) return;
    this.#parts = this.#build();
    this.refresh();
    void this.#load(id);
  }

  /** Shows what changed since. */
  refresh() {
    const vehicle = this.#fleet.vehicles.get(this.#id);
    if (!vehicle || !this.#parts) return;
    const { title, kind, mark, follow, gauges, meters } = this.#parts;
    const now = this.#fleet.now();
    title.textContent = vehicle.name;
    kind.textContent = [stateByName.get(vehicle.state).label, vehicle.type, vehicle.ident].filter(Boolean).join(' · ');
    setMark(mark, vehicle.state, vehicle.state === 'out' ? 0 : (vehicle.heading ?? 0));
    follow.setAttribute('aria-pressed', String(this.#map.following));
    follow.disabled = !vehicle.at;
    const values = {
      Speed: measure(vehicle.speed, 'km/h'),
      Heading:
        typeof vehicle.heading === 'number' ? `${Math.round(vehicle.heading)}° ${compass(vehicle.heading)}` : '–',
      Ignition: vehicle.ignition === undefined ? '–' : vehicle.ignition ? 'on' : 'off',
      Fuel: measure(vehicle.fuel, '%'),
      Battery: measure(vehicle.battery, '%'),
      Supply: measure(vehicle.voltage, 'V', 1),
      Odometer: typeof vehicle.mileage === 'number' ? `${count(vehicle.mileage)} km` : '–',
      Position: typeof vehicle.lat === 'number' ? `${vehicle.lat.toFixed(5)}, ${vehicle.lon.toFixed(5)}` : 'none',
      'Last message': ago(vehicle.seen, now),
    };
    for (const [name, text] of Object.entries(values))
      if (gauges[name].textContent !== text) gauges[name].textContent = text;
    for (const [name, value] of [
      ['Fuel', vehicle.fuel],
      ['Battery', vehicle.battery],
    ]) {
      meters[name].hidden = typeof value !== 'number';
      if (typeof value === 'number') meters[name].value = value;
    }
  }

  #build() {
    const header = document.createElement('header');
    const mark = markOf('parked');
    const title = document.createElement('h2');
    const follow = button('Follow', () => {
      this.#map.following = !this.#map.following;
      if (this.#map.following) this.#map.centre(this.#fleet.vehicles.get(this.#id));
      this.#map.touch();
      this.refresh();
    });
    header.append(mark, title, follow, button('Close', this.#close));
    const kind = document.createElement('p');
    kind.className = 'kind';
    const list = document.createElement('dl');
    list.className = 'gauges';
    const gauges = {};
    const meters = {};
    for (const name of [
      'Speed',
      'Heading',
      'Ignition',
      'Fuel',
      'Battery',
      'Supply',
      'Odometer',
      'Position',
      'Last message',
    ]) {
      const box = document.createElement('div');
      const term = document.createElement('dt');
      term.textContent = name;
      gauges[name] = document.createElement('dd');
      box.append(term, gauges[name]);
      if (name === 'Fuel' || name === 'Battery') {
        const meter = document.createElement('meter');
        Object.assign(meter, { min: 0, max: 100, low: 20, high: 35, optimum: 100 });
        meter.setAttribute('aria-label', name);
        meters[name] = meter;
        box.append(meter);
      }
      list.append(box);
    }
    const heading = document.createElement('h3');
    heading.textContent = 'Telemetry: asking flespi…';
    const table = document.createElement('table');
    this.#element.append(header, kind, list, heading, table);
    return { title, kind, mark, follow, gauges, meters, heading, table };
  }

  async #load(id) {
    const parts = this.#parts;
    try {
      const telemetry = await telemetryOf(this.#address, id);
      if (this.#parts !== parts) return;
      const names = Object.keys(telemetry).sort();
      parts.heading.textContent = `Telemetry: ${names.length} parameters, one RPC call over MQTT`;
      parts.table.replaceChildren(...names.map((name) => this.#row(name, telemetry[name])));
    } catch (error) {
      if (this.#parts !== parts) return;
      parts.heading.textContent = `Telemetry: ${error.message}`;
    }
    this.#timer = setTimeout(() => void this.#load(id), refreshEvery);
  }

  #row(name, entry) {
    const row = document.createElement('tr');
    const text = plain(entry?.value);
    for (const cell of [name, text, ago(entry?.ts, this.#fleet.now())]) row.insertCell().textContent = cell;
    row.cells[1].title = text;
    row.cells[2].className = 'quiet number';
    return row;
  }
}

function button(text, run) {
  const element = document.createElement('button');
  element.type = 'button';
  element.textContent = text;
  element.addEventListener('click', run);
  return element;
}
