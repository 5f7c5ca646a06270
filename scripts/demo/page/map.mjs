import { Ground } from './ground.mjs';
import { drawMarks } from './marks.mjs';
import { View } from './view.mjs';

const reach = 18;

/** The map: owns the canvas, draws a frame whenever something changed, and turns pointers and keys into views. */
export class FleetMap {
  view = new View();
  hovered;
  selected;
  /** Keeps the selected vehicle in the middle. */
  following = false;
  /** Which vehicles are not faded. */
  shown = () => true;
  #canvas;
  #fleet;
  #ground = new Ground();
  #pick;
  #colours;
  #still = matchMedia('(prefers-reduced-motion: reduce)');
  /** Until somebody moves the map it shows all vehicles. */
  #untouched = true;
  #pointers = new Map();
  #dragged = false;
  #dirty = true;

  constructor(canvas, fleet, pick) {
    this.#canvas = canvas;
    this.#fleet = fleet;
    this.#pick = pick;
    this.#readColours();
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#readColours());
    new ResizeObserver(() => this.#resize()).observe(canvas);
    this.#resize();
    this.#listen();
    const frame = (clock) => {
      this.#frame(clock);
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  /** Something other than the map changed. */
  touch() {
    this.#dirty = true;
  }

  fit() {
    this.#untouched = true;
    this.following = false;
    this.#dirty = true;
    this.view.fit(this.#fleet.positioned.map(({ target }) => target));
  }

  zoom(factor, about) {
    this.#untouched = false;
    this.#dirty = true;
    this.view.zoom(factor, about);
  }

  /** Brings a vehicle into the middle, near enough to see its street. */
  centre(vehicle) {
    if (!vehicle?.at) return;
    this.#untouched = false;
    this.#dirty = true;
    this.view.scale = Math.max(this.view.scale, 0.12);
    this.view.x = vehicle.at.x;
    this.view.y = vehicle.at.y;
  }

  #frame(clock) {
    const moves = this.#fleet.glide(clock, this.#still.matches);
    if (!moves && !this.#dirty) return;
    this.#dirty = false;
    const vehicles = this.#fleet.positioned;
    const selected = this.#fleet.vehicles.get(this.selected);
    if (this.following && selected?.at) {
      this.view.x = selected.at.x;
      this.view.y = selected.at.y;
    } else if (this.#untouched && vehicles.some(({ target }) => !this.view.contains(target, 20))) {
      this.view.fit(vehicles.map(({ target }) => target));
    }
    const ratio = devicePixelRatio || 1;
    const context = this.#canvas.getContext('2d');
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#ground.draw(context, this.view, this.#fleet.streets.pieces, this.#colours, ratio);
    drawMarks(context, this.view, vehicles, {
      colours: this.#colours,
      selected: this.selected,
      hovered: this.hovered,
      shown: this.shown,
    });
  }

  #resize() {
    const { clientWidth, clientHeight } = this.#canvas;
    const ratio = devicePixelRatio || 1;
    this.#canvas.width = Math.round(clientWidth * ratio);
    this.#canvas.height = Math.round(clientHeight * ratio);
    this.view.width = clientWidth;
    this.view.height = clientHeight;
    if (this.#untouched) this.view.fit(this.#fleet.positioned.map(({ target }) => target));
    this.#dirty = true;
  }

  #readColours() {
    const style = getComputedStyle(document.documentElement);
    const names = {
      ground: 'ground',
      groundLine: 'ground-line',
      road: 'road',
      roadEdge: 'road-edge',
      ink: 'ink',
      ink2: 'ink-2',
    };
    const marks = ['moving', 'idling', 'parked', 'out', 'halo', 'accent'].map((name) => [name, name]);
    this.#colours = Object.fromEntries(
      [...Object.entries(names), ...marks].map(([key, name]) => [key, style.getPropertyValue(`--${name}`).trim()]),
    );
    this.#dirty = true;
  }

  #vehicleNear(point) {
    let nearest;
    let least = reach;
    for (const vehicle of this.#fleet.positioned) {
      const { x, y } = this.view.toScreen(vehicle.at);
      const distance = Math.hypot(x - point.x, y - point.y);
      if (distance < least) [nearest, least] = [vehicle, distance];
    }
    return nearest;
  }

  #listen() {
    const canvas = this.#canvas;
    const pointOf = (event) => ({ x: event.offsetX, y: event.offsetY });
    canvas.addEventListener('pointerdown', (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.#pointers.set(event.pointerId, pointOf(event));
      this.#dragged = this.#pointers.size > 1;
    });
    canvas.addEventListener('pointermove', (event) => this.#move(event.pointerId, pointOf(event)));
    for (const name of ['pointerup', 'pointercancel']) {
      canvas.addEventListener(name, (event) => {
        this.#pointers.delete(event.pointerId);
        canvas.classList.remove('dragging');
        if (name === 'pointerup' && !this.#dragged) this.#pick(this.#vehicleNear(pointOf(event))?.id);
      });
    }
    canvas.addEventListener('pointerleave', () => this.#hover(undefined));
    canvas.addEventListener('dblclick', (event) => this.zoom(2, pointOf(event)));
    canvas.addEventListener(
      'wheel',
      (event) => {
        event.preventDefault();
        this.zoom(
          Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.0016)),
          this.following ? undefined : pointOf(event),
        );
      },
      { passive: false },
    );
    canvas.addEventListener('keydown', (event) => this.#key(event));
  }

  #move(pointer, point) {
    const before = this.#pointers.get(pointer);
    if (!before) return this.#hover(this.#vehicleNear(point));
    const other = [...this.#pointers].find(([id]) => id !== pointer)?.[1];
    if (other) {
      const spread = (at) => Math.hypot(at.x - other.x, at.y - other.y);
      this.zoom(spread(point) / Math.max(1, spread(before)), {
        x: (point.x + other.x) / 2,
        y: (point.y + other.y) / 2,
      });
    } else {
      // A hand that only clicks trembles a little.
      if (!this.#dragged && Math.hypot(point.x - before.x, point.y - before.y) < 4) return;
      this.#dragged = true;
      this.#untouched = false;
      this.following = false;
      this.#canvas.classList.add('dragging');
      this.view.pan(point.x - before.x, point.y - before.y);
    }
    this.#pointers.set(pointer, point);
    this.#dirty = true;
  }

  #hover(vehicle) {
    if (vehicle?.id === this.hovered) return;
    this.hovered = vehicle?.id;
    this.#canvas.classList.toggle('pointing', vehicle !== undefined);
    this.#dirty = true;
  }

  #key(event) {
    const step = 60;
    const moves = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    const move = moves[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (move) {
      this.#untouched = false;
      this.following = false;
      this.view.pan(...move);
    } else if (event.key === '+' || event.key === '=') this.zoom(1.4);
    else if (event.key === '-') this.zoom(1 / 1.4);
    else if (event.key === 'f' || event.key === '0') this.fit();
    else if (event.key === 'Escape') this.#pick(undefined);
    else return;
    event.preventDefault();
    this.#dirty = true;
  }
}
