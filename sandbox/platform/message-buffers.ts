import type { DeviceMessage } from '../fleet/gateway';
import { RecordStore } from './record-store';

/** Messages by the id of what they belong to. */
export class MessageBuffers {
  readonly #buffers = new Map<number, RecordStore<DeviceMessage>>();
  readonly #most: number;
  readonly #order: string;

  /** `order` names the parameter that the messages are in order of. */
  constructor(most: number, order: string) {
    this.#most = most;
    this.#order = order;
  }

  add(id: number, message: DeviceMessage): void {
    let buffer = this.#buffers.get(id);
    if (!buffer)
      this.#buffers.set(id, (buffer = new RecordStore<DeviceMessage>(this.#most, (one) => Number(one[this.#order]))));
    buffer.add(message);
  }

  of(id: number): RecordStore<DeviceMessage> | undefined {
    return this.#buffers.get(id);
  }

  delete(id: number): void {
    this.#buffers.delete(id);
  }
}
