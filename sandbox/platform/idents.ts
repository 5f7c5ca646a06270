import type { Item } from './item';
import type { ItemStore } from './item-store';

/** Who owns an ident: with one protocol twice, the second device is blocked (flespi KB "Device"). */
export class Idents {
  /** Device id by protocol and ident. */
  readonly #owners = new Map<string, number>();
  readonly #devices: ItemStore;

  constructor(devices: ItemStore) {
    this.#devices = devices;
  }

  /** Takes the ident for the device, or marks the device as blocked when another one has it. */
  claim(device: Item): void {
    this.release(device.id);
    const key = keyOf(device);
    if (key === undefined) {
      device['blocked'] = false;
      return;
    }
    const owner = this.#owners.get(key);
    device['blocked'] = owner !== undefined && owner !== device.id;
    if (owner === undefined) this.#owners.set(key, device.id);
  }

  release(deviceId: number): void {
    const before = this.#devices.get(deviceId);
    const key = before && keyOf(before);
    if (key !== undefined && this.#owners.get(key) === deviceId) this.#owners.delete(key);
  }

  deviceOf(protocolId: number, ident: string): number | undefined {
    return this.#owners.get(`${protocolId} ${ident}`);
  }
}

function keyOf(device: Item): string | undefined {
  const { ident } = device['configuration'] as { ident?: unknown };
  return typeof ident === 'string' && ident !== '' ? `${String(device['protocol_id'])} ${ident}` : undefined;
}
