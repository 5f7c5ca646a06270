import type { PublishEvent } from '../broker/publication';
import type { Item } from './item';

/** A state payload (flespi "MQTT topics"): text goes as it is, everything else as JSON. */
export function payloadOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null');
}

/** Speaks for the platform on the standard topics. */
export class Topics {
  readonly #publish: PublishEvent;

  constructor(publish: PublishEvent) {
    this.#publish = publish;
  }

  /** A retained state; `undefined` clears it, which is an empty payload. */
  state(path: string, cid: number, value: unknown, timestamp?: number): void {
    this.#send(`flespi/state/${path}`, cid, value === undefined ? '' : payloadOf(value), true, timestamp);
  }

  /** The item and each of its properties, or with `alone` only the item. */
  item(path: string, item: Item, alone = false): void {
    const topic = `${path}/${item.id}`;
    this.state(topic, item.cid, item);
    if (alone) return;
    for (const name of Object.keys(item)) this.state(`${topic}/${name}`, item.cid, item[name]);
  }

  /** The properties that differ, and the item when there are any. */
  changes(path: string, old: Item, item: Item): void {
    const topic = `${path}/${item.id}`;
    const names = Object.keys(item).filter((name) => !sameJson(old[name], item[name]));
    if (names.length === 0) return;
    this.state(topic, item.cid, item);
    for (const name of names) this.state(`${topic}/${name}`, item.cid, item[name]);
  }

  gone(path: string, item: Item): void {
    const topic = `${path}/${item.id}`;
    this.state(topic, item.cid, undefined);
    for (const name of Object.keys(item)) this.state(`${topic}/${name}`, item.cid, undefined);
  }

  log(path: string, event: string, cid: number, record: unknown): void {
    this.#send(`flespi/log/${path}/${event}`, cid, JSON.stringify(record), false);
  }

  message(path: string, cid: number, json: string): void {
    this.#send(`flespi/message/${path}`, cid, json, false);
  }

  interval(path: string, cid: number, interval: unknown): void {
    this.#send(`flespi/interval/${path}`, cid, JSON.stringify(interval), false);
  }

  #send(topic: string, cid: number, payload: string, retain: boolean, timestamp?: number): void {
    this.#publish(
      timestamp === undefined ? { topic, cid, payload, retain } : { topic, cid, payload, retain, timestamp },
    );
  }
}

function sameJson(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
