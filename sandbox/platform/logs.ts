import { RecordStore } from './record-store';

/** A log record; what else is in it depends on the event (flespi Toolbox). */
export interface LogRecord {
  timestamp: number;
  event_code: number;
  origin_type: number;
  origin_id: number;
  cid: number;
  [detail: string]: unknown;
}

/** The logs of everything, by `{collection}/{id}`. */
export class Logs {
  readonly #stores = new Map<string, RecordStore<LogRecord>>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  add(path: string, id: number, record: LogRecord): void {
    const key = `${path}/${id}`;
    let store = this.#stores.get(key);
    if (!store) this.#stores.set(key, (store = new RecordStore<LogRecord>(this.#most)));
    store.add(record);
  }

  delete(path: string, id: number): void {
    this.#stores.delete(`${path}/${id}`);
  }

  of(path: string, id: number): RecordStore<LogRecord> | undefined {
    return this.#stores.get(`${path}/${id}`);
  }
}
