import type { IClientOptions } from 'mqtt';

type TimerVariant = Exclude<NonNullable<IClientOptions['timerVariant']>, string>;

/** Of the library's ticks, one each half of the keepalive: with the second it sends PINGREQ, with the third it gives up. */
const verdict = 3;

/**
 * The clock of mqtt.js's keepalive, with a milder verdict. The answer to a ping may wait behind megabytes that a slow flow has
 * not read yet, or in the socket while a flow keeps the process busy; the library would take such a link for dead
 * (mqttjs/MQTT.js #1935). Here a link is alive as long as bytes arrive, and what has arrived already is read first. It asks
 * again then, because the broker wants to hear something within one and a half of the keepalive [MQTT-3.1.2-22].
 */
export class LinkPulse {
  readonly #ping: () => void;
  readonly #timers = new Map<number, NodeJS.Timeout>();
  #made = 0;
  /** Whether bytes have come since the last tick. */
  #heard = false;

  /** @param ping sends PINGREQ */
  constructor(ping: () => void) {
    this.#ping = ping;
  }

  /** Bytes have come. */
  heard(): void {
    this.#heard = true;
  }

  /** For the library's option of this name. */
  get timerVariant(): TimerVariant {
    return {
      set: (tick, milliseconds) => this.#set(() => void tick(), milliseconds),
      clear: (id) => this.#clear(id),
    };
  }

  #set(tick: () => void, milliseconds: number | undefined): number {
    let ticks = 0;
    this.#made += 1;
    const id = this.#made;
    const timer = setInterval(() => {
      ticks += 1;
      if (ticks < verdict) {
        this.#heard = false;
        tick();
        return;
      }
      // After the sockets have been read: this timer may be late because something kept the process busy.
      setImmediate(() => {
        if (!this.#timers.has(id)) return;
        if (this.#heard) this.#ping();
        else tick();
        this.#heard = false;
      });
    }, milliseconds);
    this.#timers.set(id, timer);
    return id;
  }

  #clear(id: number): void {
    clearInterval(this.#timers.get(id));
    this.#timers.delete(id);
  }
}
