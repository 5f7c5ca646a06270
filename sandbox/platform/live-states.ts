import { derivedFields } from './derived-fields';
import type { Item } from './item';
import type { Platform } from './platform';

/**
 * What changes by itself and is retained beside the fields of an item, by kind of item (flespi KB "Account limitations", MQTT Board). The
 * connection of a device is told by the gateway, at the moment that it changes.
 */
const liveFields: Readonly<Record<string, readonly string[]>> = {
  'gw/channels': ['blocked', 'connections_count', 'messages_size', 'commands_size'],
  'gw/devices': ['blocked', 'messages_size'],
  'gw/streams': ['blocked', 'connected', 'queue_size'],
  'gw/plugins': ['blocked'],
  'storage/containers': ['blocked', 'size'],
};

const announceEvery = 10_000;
/** Where there are more items of a kind, these values are left to REST. */
const mostItems = 5000;

/** Keeps the retained states of such values up to date, every few seconds. */
export class LiveStates {
  readonly #platform: Platform;
  /** As they were last told: by item, as `gw/devices/1`, then by name. */
  readonly #told = new Map<string, Map<string, unknown>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** The names of the states that an item may have beside its fields. */
  names(path: string): readonly string[] {
    return path === 'gw/devices' ? [...(liveFields[path] ?? []), 'connected'] : (liveFields[path] ?? []);
  }

  /** Tells of all items, now and from then on whenever something changed. */
  announceAll(): void {
    for (const path of Object.keys(liveFields)) {
      const items = this.#platform.items(path);
      if (items.size <= mostItems) for (const item of items.values()) this.announce(path, item);
    }
    this.#timer ??= setInterval(() => this.announceAll(), announceEvery).unref();
  }

  /** Tells what changed of one item. */
  announce(path: string, item: Item): void {
    const topic = `${path}/${item.id}`;
    let told = this.#told.get(topic);
    if (!told) this.#told.set(topic, (told = new Map()));
    for (const name of liveFields[path] ?? []) {
      const value = derivedFields(path)[name]?.(item, this.#platform) ?? item[name];
      if (value === undefined || told.get(name) === value) continue;
      told.set(name, value);
      this.#platform.topics.state(`${topic}/${name}`, item.cid, value);
    }
  }

  /** For an item that is gone, or has gone to another account. */
  forget(path: string, id: number): void {
    this.#told.delete(`${path}/${id}`);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
