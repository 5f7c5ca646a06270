import { isObject, type JsonObject } from './check-fields';
import { deviceTypeById, type SettingType } from './dictionaries';
import type { Item } from './item';
import type { Platform } from './platform';
import { badRequest } from './rejection';

/** A setting as `settings` lists it: what the device has, and what it is still to take over. */
export interface DeviceSetting {
  name: string;
  /** 3: can be read and written. */
  mode: number;
  /** 1: known and idle, 2: a change is on its way. */
  status: number;
  current: JsonObject | null;
  pending: JsonObject | null;
  schema: unknown;
}

const readWrite = 3;
const idle = 1;
const waiting = 2;
/** Event codes of a device's log (flespi Skill). */
const event = { received: 310, accepted: 312, rejected: 313, sent: 317 } as const;
/** Seconds that a device may take to answer. */
const patience = 60;

/** The settings of devices, and the way of a change: pending, sent to the device, accepted or rejected. */
export class DeviceSettings {
  readonly #platform: Platform;
  readonly #closing = new AbortController();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** The settings that the device's type has; made on first sight, with the type's defaults. */
  of(device: Item): ReadonlyMap<string, DeviceSetting> {
    const state = this.#platform.devices.of(device.id);
    if (!state.settings) {
      const types = deviceTypeById.get(device['device_type_id'] as number)?.settings ?? [];
      state.settings = new Map(types.map((type) => [type.name, newSetting(type)]));
    }
    return state.settings;
  }

  /** Writes the new values as pending and sends them as soon as the device is connected. Throws a Rejection. */
  change(device: Item, setting: DeviceSetting, body: unknown): DeviceSetting {
    if (!isObject(body)) throw badRequest('expected a JSON object with "properties"');
    const { properties } = body;
    if (!isObject(properties)) throw badRequest('"properties" must be an object');
    for (const name of Object.keys(body)) {
      if (name !== 'properties' && name !== 'address') {
        throw badRequest(`unknown field "${name}"`, { hint: ['properties', 'address'] });
      }
    }
    checkProperties(setting, properties);
    setting.pending = properties;
    this.#announce(device, setting);
    this.deliver(device);
    return setting;
  }

  cancel(device: Item, setting: DeviceSetting): DeviceSetting {
    setting.pending = null;
    setting.status = idle;
    this.#announce(device, setting);
    return setting;
  }

  /** Asks the device for the current values again. */
  read(device: Item, setting: DeviceSetting): DeviceSetting {
    this.#log(device, event.received, setting);
    this.#announce(device, setting);
    return setting;
  }

  /** Sends what is pending, one after the other; called when the device connects too. */
  deliver(device: Item): void {
    const state = this.#platform.devices.get(device.id);
    if (!state?.connection) return;
    for (const setting of state.settings?.values() ?? []) {
      if (setting.pending !== null && setting.status === idle) void this.#send(device, setting, setting.pending);
    }
  }

  /** The device is of another type now, which has settings of its own. */
  forget(device: Item): void {
    const state = this.#platform.devices.get(device.id);
    const old = [...(state?.settings?.keys() ?? [])];
    if (state) state.settings = undefined;
    const settings = this.of(device);
    for (const name of old) {
      if (!settings.has(name)) this.#platform.topics.state(topicOf(device, name), device.cid, undefined);
    }
    for (const setting of settings.values()) this.#announce(device, setting);
  }

  close(): void {
    this.#closing.abort();
  }

  /** Never rejects. */
  async #send(device: Item, setting: DeviceSetting, properties: JsonObject): Promise<void> {
    const { deviceLink } = this.#platform;
    setting.status = waiting;
    this.#log(device, event.sent, setting);
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(patience * 1000)]);
    try {
      if (!deviceLink?.setting) throw new Error('There is no way to the device');
      setting.current = await deviceLink.setting(device.id, setting.name, properties, signal);
      // A newer change may have come meanwhile.
      if (setting.pending === properties) setting.pending = null;
      setting.status = idle;
      this.#log(device, event.accepted, setting);
    } catch {
      // Closed, out of contact, or refused: it stays pending for the next connection.
      setting.status = idle;
      if (this.#closing.signal.aborted) return;
      this.#log(device, event.rejected, setting);
    }
    this.#announce(device, setting);
  }

  #announce(device: Item, setting: DeviceSetting): void {
    this.#platform.topics.state(topicOf(device, setting.name), device.cid, setting);
  }

  #log(device: Item, code: number, setting: DeviceSetting): void {
    this.#platform.logs.add('gw/devices', device.id, {
      event_code: code,
      origin_type: 11,
      origin_id: device.id,
      cid: device.cid,
      timestamp: this.#platform.now(),
      name: setting.name,
    });
  }
}

function topicOf(device: Item, name: string): string {
  return `gw/devices/${device.id}/settings/${name}`;
}

function newSetting({ name, schema, default: current }: SettingType): DeviceSetting {
  return { name, mode: readWrite, status: idle, current: { ...current }, pending: null, schema };
}

function checkProperties({ name, schema }: DeviceSetting, properties: JsonObject): void {
  const known = (schema as { properties?: JsonObject }).properties ?? {};
  for (const key of Object.keys(properties)) {
    if (!Object.hasOwn(known, key)) {
      throw badRequest(`setting "${name}" has no property "${key}"`, { hint: Object.keys(known) });
    }
    const { type } = known[key] as { type?: string };
    if (type !== undefined && typeof properties[key] !== type) {
      throw badRequest(`property "${key}" of setting "${name}" must be a ${type}`);
    }
  }
}
