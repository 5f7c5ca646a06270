import { ago, measure } from './phrases.mjs';
import { markOf, setMark, stateByName, states } from './vehicle-state.mjs';

/** More rows than this help nobody; the filter finds the others. */
const mostRows = 300;
const order = new Map(states.map(({ name }, index) => [name, index]));
const fuelOf = (vehicle) => vehicle.fuel ?? vehicle.battery;

/** What the columns show and sort by; the first direction is the one that people want first. */
const columns = [
  { key: 'name', title: 'Vehicle', value: (vehicle) => vehicle.name, first: 1 },
  { key: 'state', title: 'State', value: (vehicle) => order.get(vehicle.state), first: 1 },
  { key: 'speed', title: 'km/h', value: (vehicle) => vehicle.speed, first: -1, number: true },
  { key: 'ignition', title: 'Ignition', value: (vehicle) => vehicle.ignition, first: -1 },
  { key: 'fuel', title: 'Fuel', value: fuelOf, first: 1, number: true },
  { key: 'seen', title: 'Last message', value: (vehicle) => vehicle.seen, first: -1, number: true },
];

/** The table beside the map: sorted, filtered, a row for each vehicle, changed only where something changed. */
export class FleetTable {
  /** Only vehicles in this state; undefined is all. */
  state;
  #fleet;
  #pick;
  #elements;
  #sort = { column: columns[0], direction: 1 };
  #rows = new Map();
  #selected;

  constructor(elements, fleet, pick) {
    this.#elements = elements;
    this.#fleet = fleet;
    this.#pick = pick;
    for (const column of columns) elements.columns.append(this.#head(column));
    elements.filter.addEventListener('input', () => this.refresh());
    elements.rows.addEventListener('click', (event) => {
      const row = event.target.closest('tr');
      if (row) this.#pick(Number(row.dataset.id));
    });
    elements.rows.addEventListener('keydown', (event) => this.#key(event));
  }

  /** Does the filter let this vehicle through? */
  admits(vehicle) {
    if (this.state && vehicle.state !== this.state) return false;
    const words = this.#elements.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const text =
      `${vehicle.name} ${vehicle.type ?? ''} ${vehicle.ident ?? ''} ${stateByName.get(vehicle.state).label}`.toLowerCase();
    return words.every((word) => text.includes(word));
  }

  select(id) {
    this.#selected = id;
    this.refresh();
    this.#rows.get(id)?.row.scrollIntoView({ block: 'nearest' });
  }

  refresh() {
    const { column, direction } = this.#sort;
    const collator = (a, b) =>
      compare(column.value(a), column.value(b), direction) || compare(a.name, b.name, 1) || a.id - b.id;
    const all = [...this.#fleet.vehicles.values()];
    const admitted = all.filter((vehicle) => this.admits(vehicle)).sort(collator);
    const visible = admitted.slice(0, mostRows);
    const { rows, shown, more } = this.#elements;
    shown.textContent = admitted.length === all.length ? '' : `${admitted.length} of ${all.length}`;
    more.hidden = admitted.length <= mostRows;
    more.textContent = `and ${admitted.length - mostRows} more; the filter finds them`;
    const ids = new Set(visible.map(({ id }) => id));
    for (const [id, { row }] of this.#rows) {
      if (ids.has(id)) continue;
      row.remove();
      this.#rows.delete(id);
    }
    for (const [index, vehicle] of visible.entries()) {
      const { row } = this.#fill(vehicle);
      // Moving only what is out of place keeps the focus where it is.
      if (rows.children[index] !== row) rows.insertBefore(row, rows.children[index] ?? null);
    }
  }

  #fill(vehicle) {
    const entry = this.#rows.get(vehicle.id) ?? this.#newRow(vehicle);
    const { row, mark, cells } = entry;
    setMark(mark, vehicle.state, vehicle.state === 'out' ? 0 : (vehicle.heading ?? 0));
    setText(cells.name, vehicle.name);
    setText(cells.state, stateByName.get(vehicle.state).label);
    setText(cells.speed, typeof vehicle.speed === 'number' ? String(Math.round(vehicle.speed)) : '–');
    setText(cells.ignition, vehicle.ignition === undefined ? '–' : vehicle.ignition ? 'on' : 'off');
    setText(
      cells.fuel,
      vehicle.fuel === undefined && vehicle.battery !== undefined
        ? `${measure(vehicle.battery, '%')} batt.`
        : measure(vehicle.fuel, '%'),
    );
    setText(cells.seen, ago(vehicle.seen, this.#fleet.now()));
    cells.ignition.classList.toggle('quiet', vehicle.ignition !== true);
    cells.speed.classList.toggle('quiet', vehicle.state !== 'moving');
    const selected = String(vehicle.id === this.#selected);
    if (row.getAttribute('aria-selected') !== selected) row.setAttribute('aria-selected', selected);
    return entry;
  }

  #newRow(vehicle) {
    const row = document.createElement('tr');
    row.dataset.id = vehicle.id;
    const cells = {};
    for (const { key, number } of columns) {
      cells[key] = row.insertCell();
      if (number) cells[key].classList.add('number');
    }
    const button = document.createElement('button');
    button.type = 'button';
    const mark = markOf('parked');
    const name = document.createElement('span');
    button.append(mark, name);
    cells.name.append(button);
    cells.name = name;
    cells.state.classList.add('quiet');
    cells.seen.classList.add('quiet');
    const entry = { row, mark, cells, button };
    this.#rows.set(vehicle.id, entry);
    return entry;
  }

  #head(column) {
    const head = document.createElement('th');
    head.scope = 'col';
    if (column.number) head.classList.add('number');
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = column.title;
    head.append(button);
    const show = () => {
      for (const other of this.#elements.columns.children) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', this.#sort.direction > 0 ? 'ascending' : 'descending');
    };
    button.addEventListener('click', () => {
      const again = this.#sort.column === column;
      this.#sort = { column, direction: again ? -this.#sort.direction : column.first };
      show();
      this.refresh();
    });
    if (this.#sort.column === column) show();
    return head;
  }

  #key(event) {
    const row = event.target.closest('tr');
    const next =
      event.key === 'ArrowDown'
        ? row?.nextElementSibling
        : event.key === 'ArrowUp'
          ? row?.previousElementSibling
          : undefined;
    if (!next) return;
    event.preventDefault();
    next.querySelector('button').focus();
  }
}

/** What is not known stands last in either direction. */
function compare(a, b, direction) {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  if (typeof a === 'string') return direction * a.localeCompare(b, undefined, { numeric: true });
  return direction * (Number(a) - Number(b));
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
