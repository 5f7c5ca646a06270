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
    return running.api_calls;
  }

  statistics(cid: number): RecordStore<UsageRecord> | undefined {
    return this.#minutes.get(cid);
  }

  /** The minute that is running now. */
  running(cid: number): { calls: number; traffic: number } {
    const last = this.#minutes.get(cid)?.last;
    const isRunning = last !== undefined && last.timestamp === Math.floor(this.#now() / minute) * minute;
    return isRunning ? { calls: last.api_calls, traffic: last.api_traffic } : { calls: 0, traffic: 0 };
  }
}
