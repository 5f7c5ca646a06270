import { RecordStore } from './record-store';

/** What an account used in one minute (third-party reader of the statistics). */
export interface UsageRecord {
  timestamp: number;
  api_calls: number;
  api_traffic: number;
}

const minute = 60;

/** Calls and bytes of REST by account: the running minute, and minutes of the past. */
export class Usage {
  readonly #minutes = new Map<number, RecordStore<UsageRecord>>();
  readonly #totals = new Map<number, { calls: number; traffic: number }>();
  readonly #most: number;
  readonly #now: () => number;

  constructor(most: number, now: () => number) {
    this.#most = most;
    this.#now = now;
  }

  /** Adds a call and gives how many the account made in this minute, this one included. */
  call(cid: number, bytes: number): number {
    const timestamp = Math.floor(this.#now() / minute) * minute;
    let minutes = this.#minutes.get(cid);
    if (!minutes) this.#minutes.set(cid, (minutes = new RecordStore<UsageRecord>(this.#most)));
    let running = minutes.last;
    if (running?.timestamp !== timestamp) {
      running = { timestamp, api_calls: 0, api_traffic: 0 };
      minutes.add(running);
    }
    running.api_calls += 1;
    running.api_traffic += bytes;
    const totals = this.#totals.get(cid) ?? { calls: 0, traffic: 0 };
    this.#totals.set(cid, { calls: totals.calls + 1, traffic: totals.traffic + bytes });
    return running.api_calls;
  }

  statistics(cid: number): RecordStore<UsageRecord> | undefined {
    return this.#minutes.get(cid);
  }

  totals(cid: number): { calls: number; traffic: number } {
    return this.#totals.get(cid) ?? { calls: 0, traffic: 0 };
  }
}
