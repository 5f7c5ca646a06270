import type { DeviceMessage } from '../fleet/gateway';
import type { QueuedCommand, CommandResult } from './device-commands';
import type { DeviceSetting } from './device-settings';
import type { RecordStore } from './record-store';
import type { Telemetry } from './telemetry';

/** An open connection of a device, as `connections` lists it (pasted live answer). */
export interface Connection {
  id: number;
  channel_id: number;
  device_id: number;
  ident: string;
  source: string;
  transport: 'tcp';
  established: number;
  secondary: false;
  meta: null;
}

/** What the platform knows of a device beside its item. Parts that a device has no use for are never made. */
export interface DeviceState {
  connection: Connection | undefined;
  /** Unix seconds of the newest message; undefined before the first. */
  lastActive: number | undefined;
  telemetry: Telemetry | undefined;
  messages: RecordStore<DeviceMessage> | undefined;
  /** Bytes of JSON that were stored. */
  messagesSize: number;
  settings: Map<string, DeviceSetting> | undefined;
  queue: Map<number, QueuedCommand> | undefined;
  results: RecordStore<CommandResult> | undefined;
}

/** The states of all devices; one is made when it is first written to. */
export class DeviceStates {
  readonly #states = new Map<number, DeviceState>();

  get(id: number): DeviceState | undefined {
    return this.#states.get(id);
  }

  of(id: number): DeviceState {
    let state = this.#states.get(id);
    if (!state) {
      state = {
        connection: undefined,
        lastActive: undefined,
        telemetry: undefined,
        messages: undefined,
        messagesSize: 0,
        settings: undefined,
        queue: undefined,
        results: undefined,
      };
      this.#states.set(id, state);
    }
    return state;
  }

  delete(id: number): void {
    this.#states.delete(id);
  }
}
