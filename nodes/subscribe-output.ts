import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { Confirmations } from './confirmations';
import { batchMessage, deliveryMessage } from './delivery-message';
import { MessageBatch } from './message-batch';
import { messageId } from './message-id';
import { NewestByTopic } from './newest-by-topic';
import { NodeFailure } from './node-failure';
import { FlespiError } from './protocol/flespi-error';
import type { Delivery } from './protocol/subscription';
import { readPayload } from './read-payload';
import type { OutputSettings } from './subscribe-settings';

/** A publication on its way to the flow. */
interface Arrived {
  msg: NodeMessage;
  delivery: Delivery;
  confirm: (() => void) | undefined;
}

/** Milliseconds between warnings: a flow that never confirms would otherwise fill the log. */
const warningPause = 60_000;

/** What becomes of publications in a node: read, put together to batches, and, where the flow confirms, with a handle. */
export class SubscribeOutput {
  readonly #RED: NodeAPI;
  readonly #node: Node;
  readonly #settings: OutputSettings;
  readonly #newest: NewestByTopic | undefined;
  readonly #batch: MessageBatch<Arrived> | undefined;
  readonly #confirmations: Confirmations | undefined;
  #warnedAt = -Infinity;

  constructor(RED: NodeAPI, node: Node, settings: OutputSettings) {
    const { newerOnly, batch, confirm } = settings;
    this.#RED = RED;
    this.#node = node;
    this.#settings = settings;
    this.#newest = newerOnly ? new NewestByTopic() : undefined;
    this.#batch = batch ? new MessageBatch(batch, (all) => this.#send(all)) : undefined;
    this.#confirmations = confirm ? new Confirmations(confirm, () => this.#warn()) : undefined;
  }

  /** Whether the flow confirms. */
  get confirmed(): boolean {
    return this.#confirmations !== undefined;
  }

  get overdue(): number {
    return this.#confirmations?.overdue ?? 0;
  }

  get ignored(): number {
    return this.#confirmations?.ignored ?? 0;
  }

  /** @param confirm tells that the publication is done; there when the node confirms */
  take(delivery: Delivery, confirm?: () => void): void {
    // What is to be confirmed comes again when it was not: that it was here says nothing then.
    const again = confirm !== undefined && delivery.dup;
    if (this.#newest?.isNew(delivery.topic, delivery.timestamp) === false && !again) {
      confirm?.();
      return;
    }
    const msg = this.#read(delivery);
    if (!msg) {
      // It does not get better by being held.
      confirm?.();
      return;
    }
    const arrived = { msg, delivery, confirm };
    if (this.#batch) this.#batch.add(arrived, delivery.payload.length);
    else if (confirm) this.#send([arrived]);
    else this.#emit(msg);
  }

  /** The flow is done with what these handles stand for; handles that are not known are counted and ignored. */
  confirm(handles: readonly string[]): void {
    for (const handle of handles) this.#confirmations?.confirm(handle);
  }

  /** What was collected goes to the flow, unless it has to be confirmed: then the broker, or the node that comes back, has it. */
  close(): void {
    if (this.#confirmations) this.#batch?.clear();
    else this.#batch?.flush();
    this.#confirmations?.close();
  }

  #send(all: Arrived[]): void {
    const msg = this.#batch ? batchMessage(all.map((one) => one.msg)) : all[0]?.msg;
    if (!msg) return;
    if (this.#confirmations) {
      const ack = this.#confirmations.give(
        () => {
          for (const { confirm } of all) confirm?.();
        },
        () => this.#sendAgain(all),
      );
      msg['flespi'] = { ack, dup: all.some(({ delivery }) => delivery.dup) };
    }
    this.#emit(msg);
  }

  #emit(msg: NodeMessage): void {
    this.#node.send(Object.assign(msg, { _msgid: messageId() }));
  }

  #sendAgain(all: readonly Arrived[]): void {
    this.#send(
      all.flatMap(({ delivery, confirm }) => {
        delivery.dup = true;
        // Made anew: the flow may have changed what it had.
        const msg = this.#read(delivery);
        return msg ? [{ msg, delivery, confirm }] : [];
      }),
    );
  }

  /** Nothing when the payload is not what the author chose; that is reported. */
  #read(delivery: Delivery): NodeMessage | undefined {
    const { datatype, confirm } = this.#settings;
    // A flow may write into a buffer, and it may have to get it again.
    const payload = confirm?.late === 'again' ? Buffer.from(delivery.payload) : delivery.payload;
    const msg = deliveryMessage(delivery);
    try {
      msg.payload = readPayload(payload, datatype, delivery.topic);
      return msg;
    } catch (error) {
      if (error instanceof FlespiError) msg.payload = error.body;
      this.#node.error(new NodeFailure(this.#RED, error), msg);
      return undefined;
    }
  }

  #warn(): void {
    if (performance.now() - this.#warnedAt < warningPause) return;
    this.#warnedAt = performance.now();
    const seconds = (this.#settings.confirm?.deadline ?? 0) / 1000;
    this.#node.warn(this.#RED._('flespi-subscribe.overdue', { seconds, count: this.overdue }));
  }
}
