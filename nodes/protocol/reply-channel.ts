import type { FlespiError } from './flespi-error';
import type { MqttConnection } from './mqtt-connection';
import type { Delivery, Subscription } from './subscription';

/**
 * Where the answers of one epoch of a connection come in: one subscription, with a random part that no other epoch, process
 * or instance has. So late and repeated answers of the past land nowhere.
 */
export class ReplyChannel {
  /** Settles with the first answer to the SUBSCRIBE; a request that is published earlier may be answered to nobody. */
  readonly ready: Promise<void>;
  readonly #prefix: string;
  readonly #subscription: Subscription;
  #fail: (error: FlespiError) => void = () => {};

  constructor(connection: MqttConnection, prefix: string, receive: (call: string, delivery: Delivery) => void) {
    this.#prefix = `${prefix}/`;
    let succeed: () => void = () => {};
    this.ready = new Promise((resolve, reject) => {
      succeed = resolve;
      this.#fail = reject;
    });
    // Whoever waits gets it; if nobody does, it is no news.
    this.ready.catch(() => {});
    this.#subscription = connection.subscribe(
      { filter: `${prefix}/+`, qos: 0, retainHandling: 2 },
      {
        message: (delivery) => receive(delivery.topic.slice(this.#prefix.length), delivery),
        state: (state) => {
          if (state.kind === 'subscribed') succeed();
          if (state.kind === 'refused') this.#fail(state.reason);
        },
      },
    );
  }

  topicFor(call: string): string {
    return this.#prefix + call;
  }

  get isReady(): boolean {
    return this.#subscription.state.kind === 'subscribed';
  }

  get refused(): boolean {
    return this.#subscription.state.kind === 'refused';
  }

  async close(error: FlespiError): Promise<void> {
    this.#fail(error);
    await this.#subscription.close(true);
  }
}
