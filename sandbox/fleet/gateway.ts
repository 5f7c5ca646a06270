/** A device message: flat JSON with dotted names (flespi: "Device message"), `timestamp` in unix seconds. */
export interface DeviceMessage {
  timestamp: number;
  [parameter: string]: unknown;
}

/** What the platform offers to whoever drives its devices. */
export interface Gateway {
  /** Ids of the devices that the fleet plays, in ascending order; they are in the store before the fleet starts. */
  readonly deviceIds: readonly number[];
  /** Stores the messages, updates telemetry and `last_active`, publishes the standard topics. Old timestamps are fine (black box). */
  report(deviceId: number, messages: readonly DeviceMessage[]): void;
  /** The device opened or lost its connection. */
  connection(deviceId: number, up: boolean): void;
  /** The device is moved from one group to another, both by name as in `fleetGroups`. Without it nothing moves. */
  regroup?(deviceId: number, from: string, to: string): void;
}

/** What the fleet offers to the platform: the way to a vehicle. */
export interface DeviceLink {
  /**
   * Hands a command to the vehicle and resolves with its answer.
   * Rejects when the device is out of contact, or with the signal.
   */
  command(deviceId: number, name: string, properties: Record<string, unknown>, signal: AbortSignal): Promise<unknown>;
  /**
   * Writes a setting, or reads it anew when `properties` is undefined, and resolves with what the device holds afterwards.
   * Rejects as `command` does, and when the device has no such setting.
   */
  setting?(
    deviceId: number,
    name: string,
    properties: Record<string, unknown> | undefined,
    signal: AbortSignal,
  ): Promise<Record<string, unknown>>;
}

/** History of a device, made up on demand and the same for the same seed: messages with `from <= timestamp <= to`, ascending. */
export type History = (deviceId: number, from: number, to: number) => Iterable<DeviceMessage>;
