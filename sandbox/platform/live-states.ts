import { derivedFields } from './derived-fields';
import { announceDevice, withdrawDevice } from './device-topics';
import type { Item } from './item';
import type { Platform } from './platform';

/** Figures that change by themselves and are retained beside the fields, by kind of item (flespi KB "Account limitations", MQTT Board). */
const figures: Readonly<Record<string, readonly string[]>> = {
  'gw/channels': ['blocked', 'connections_count', 'messages_size', 'commands_size'],
  'gw/devices': ['blocked', 'messages_size'],
  'gw/streams': ['blocked', 'connected', 'queue_size'],
  'gw/plugins': ['blocked'],
  'storage/containers': ['blocked', 'size'],
};

const announceEvery = 10_000;
/** Where there are more items of a kind, all this is left to REST. */
const mostItems = 5000;

/** The retained states of items beside their fields; figures are brought up to date every few seconds. */
export class LiveStates {
  readonly #platform: Platform;
  /** As they were last told: by item, as `gw/devices/1`, then by name. */
  readonly #told = new Map<string, Map<string, unknown>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** Tells of all items, and from then on whenever a figure changed. */
  announceAll(): void {
    for (const [path, item] of this.#items()) this.announce(path, item);
    this.#timer ??= setInterval(() => {
      for (const [path, item] of this.#items()) this.#announceFigures(path, item);
    }, announceEvery).unref();
  }

  /** Tells of an item that is new, or new in its account. */
  announce(path: string, item: Item): void {
    this.#announceFigures(path, item);
    if (path === 'gw/devices') announceDevice(this.#platform, item);
  }

  /** Clears all of that, for an item that is gone, or has gone to another account. */
  withdraw(path: string, item: Item): void {
    const topic = `${path}/${item.id}`;
    for (const name of this.#told.get(topic)?.keys() ?? []) {
      this.#platform.topics.state(`${topic}/${name}`, item.cid, undefined);
    }
    this.#told.delete(topic);
    if (path === 'gw/devices') withdrawDevice(this.#platform, item);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  *#items(): Generator<[path: string, item: Item]> {
    for (const path of Object.keys(figures)) {
      const items = this.#platform.items(path);
      if (items.size <= mostItems) for (const item of items.values()) yield [path, item];
    }
  }

  #announceFigures(path: string, item: Item): void {
    const topic = `${path}/${item.id}`;
    const names = figures[path];
    if (!names) return;
    let told = this.#told.get(topic);
    if (!told) this.#told.set(topic, (told = new Map()));
    for (const name of names) {
      const value = derivedFields(path)[name]?.(item, this.#platform) ?? item[name];
      if (value === undefined || told.get(name) === value) continue;
      told.set(name, value);
      this.#platform.topics.state(`${topic}/${name}`, item.cid, value);
    }
  }
}
