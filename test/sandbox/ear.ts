import type { MqttClient } from 'mqtt';

export interface Heard {
  topic: string;
  text: string;
  retain: boolean;
  /** User properties of the delivery; empty before MQTT 5. */
  properties: Record<string, string>;
}

/** Keeps what a client hears, and waits for topics. */
export class Ear {
  readonly heard: Heard[] = [];
  readonly #client: MqttClient;

  constructor(client: MqttClient) {
    this.#client = client;
    client.on('message', (topic, payload, { properties, retain }) => {
      const own = { ...(properties?.userProperties as Record<string, string> | undefined) };
      this.heard.push({ topic, text: payload.toString(), retain, properties: own });
    });
  }

  /** The first on a topic since the last `forget`, whether it came already or not; `+` stands for one level. */
  async first(pattern: string): Promise<Heard> {
    const fits = new RegExp(`^${pattern.replaceAll(/[.$?{}()|]/g, '\\$&').replaceAll('+', '[^/]+')}$`);
    for (;;) {
      const found = this.heard.find(({ topic }) => fits.test(topic));
      if (found) return found;
      await new Promise((resolve) => this.#client.once('message', resolve));
    }
  }

  /** Waits until so many came in all, and gives them. */
  async count(many: number): Promise<readonly Heard[]> {
    while (this.heard.length < many) await new Promise((resolve) => this.#client.once('message', resolve));
    return this.heard;
  }

  forget(): void {
    this.heard.length = 0;
  }
}
