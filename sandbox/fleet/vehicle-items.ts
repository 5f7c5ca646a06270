import { deviceTypes, protocols } from '../platform/dictionaries';
import type { DeviceType } from '../platform/dictionaries';
import { at, fraction, hash, pick } from './random';
import { vehicleOf } from './vehicle';
import type { Vehicle, VehicleKind } from './vehicle';

/** A device for the store, with what the platform needs to place it. */
export interface VehicleItem {
  id: number;
  name: string;
  device_type_id: number;
  device_type_name: string;
  protocol_id: number;
  protocol_name: string;
  configuration: { ident: string; phone: string };
  metadata: { fleet_id: number; driver: string; plate: string; kind: VehicleKind; depot: string; commissioned: string };
  /** Channel that its messages come in by: one of `channelItems`. */
  channel_id: number;
  /** Names of the groups it is in: one of the kinds, one of the areas. */
  groups: readonly [kind: string, area: string];
  /** Values for a plugin of type item-fields. */
  fields: { 'driver.name': string };
  /** 0 belongs to the master account, 1 and 2 to its first and second subaccount. */
  subaccount: 0 | 1 | 2;
}

export interface ChannelItem {
  id: number;
  name: string;
  protocol_id: number;
  protocol_name: string;
}

export interface FleetOptions {
  seed: number;
  devices: number;
}

/** Vehicle number n has the id `firstDeviceId + n`. */
export const firstDeviceId = 5_000_001;
const firstChannelId = 1_400_001;

export const kindGroups: Readonly<Record<VehicleKind, string>> = {
  van: 'Vans',
  car: 'Cars',
  truck: 'Trucks',
  reefer: 'Reefers',
};
export const areaGroups: readonly string[] = ['North', 'South', 'Centre'];
/** All groups that vehicles are put into. */
export const fleetGroups: readonly string[] = [...Object.values(kindGroups), ...areaGroups];

const channelProtocols: readonly string[] = ['teltonika', 'queclink', 'concox', 'ruptela', 'wialon-ips'];
const labels: Readonly<Record<VehicleKind, string>> = { van: 'Van', car: 'Car', truck: 'Truck', reefer: 'Reefer' };
/** Type allocation codes, the first eight digits of an IMEI, by protocol; invented in the makers' ranges. */
const allocations: Readonly<Record<string, readonly string[]>> = {
  teltonika: ['86435906', '35263305', '86076205'],
  queclink: ['86458604', '86819204'],
  concox: ['35808902', '86578404'],
  ruptela: ['86675007'],
  'wialon-ips': ['35692311'],
};
// prettier-ignore
const drivers: readonly string[] = [
  'Andrew', 'Maria', 'Jonas', 'Olga', 'Peter', 'Ieva', 'Tomas', 'Anna', 'Marek', 'Lina',
  'Samuel', 'Nadia', 'Viktor', 'Ruta', 'Daniel', 'Elena', 'Paulius', 'Sofia', 'Henrik', 'Greta',
];
const initials = 'ABDGJKLMNPRSTVZ';

const enum Draw {
  Driver = 400,
  Initial,
  Plate,
  Ident,
  Allocation,
  Area,
  Account,
  Commissioned,
}

/** The number of the vehicle that a device is, or undefined for a device that the fleet did not bring. */
export function vehicleIndex(deviceId: number, devices: number): number | undefined {
  const index = deviceId - firstDeviceId;
  return Number.isInteger(index) && index >= 0 && index < devices ? index : undefined;
}

/** One channel for every protocol that the fleet speaks. */
export function channelItems(): ChannelItem[] {
  return channelProtocols.map((name, index) => ({
    id: firstChannelId + index,
    name: `${protocolNamed(name).title} fleet`,
    protocol_id: protocolNamed(name).id,
    protocol_name: name,
  }));
}

/** The devices of a fleet in ascending order of id; the first ones are the same however many there are. */
export function vehicleItems({ seed, devices }: FleetOptions): VehicleItem[] {
  return Array.from({ length: devices }, (_, index) => vehicleItem(vehicleOf(seed, index)));
}

export function vehicleItem(vehicle: Vehicle): VehicleItem {
  const { key, index, kind } = vehicle;
  const type = typeNamed(vehicle.deviceType);
  const protocol = protocolOf(type);
  const driver = `${pick(drivers, key, Draw.Driver)} ${initials.charAt(hash(key, Draw.Initial) % initials.length)}.`;
  const area = pick(areaGroups, key, Draw.Area);
  return {
    id: firstDeviceId + index,
    name: `${labels[kind]} ${String(index + 1).padStart(2, '0')}`,
    device_type_id: type.id,
    device_type_name: type.name,
    protocol_id: protocol.id,
    protocol_name: protocol.name,
    configuration: {
      ident: identOf(vehicle, protocol.name),
      phone: `+3706${String(1_000_000 + index).padStart(7, '0')}`,
    },
    metadata: {
      fleet_id: 1 + (index % 12),
      driver,
      plate: plateOf(vehicle),
      kind,
      depot: area,
      commissioned: `202${hash(key, Draw.Commissioned) % 6}-0${1 + (hash(key, Draw.Commissioned, 1) % 9)}-15`,
    },
    channel_id: firstChannelId + channelProtocols.indexOf(protocol.name),
    groups: [kindGroups[kind], area],
    fields: { 'driver.name': driver },
    subaccount: subaccountOf(vehicle),
  };
}

/** Fifteen digits: allocation, serial number, check digit. The serial number holds the index, so no two are the same. */
function identOf(vehicle: Vehicle, protocol: string): string {
  const allocation = pick(allocations[protocol] ?? ['35000000'], vehicle.key, Draw.Allocation);
  // 387,420,489 is prime to a million: the serials are all different and look drawn.
  const serial = (Number((BigInt(vehicle.index) * 387_420_489n) % 1_000_000n) + 271_828) % 1_000_000;
  const digits = allocation + String(serial).padStart(6, '0');
  return digits + luhnDigit(digits);
}

/** The digit that makes the number pass the Luhn check (ISO/IEC 7812-1, annex B), as every IMEI does. */
export function luhnDigit(digits: string): string {
  let sum = 0;
  for (let place = 0; place < digits.length; place += 1) {
    const value = Number(digits.charAt(digits.length - 1 - place)) * (place % 2 === 0 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return String((10 - (sum % 10)) % 10);
}

function plateOf({ key }: Vehicle): string {
  const letters = [0, 1, 2].map((place) => initials.charAt(hash(key, Draw.Plate, place) % initials.length)).join('');
  return `${letters} ${100 + (hash(key, Draw.Plate, 3) % 900)}`;
}

function subaccountOf({ key, index }: Vehicle): 0 | 1 | 2 {
  // A fleet of three already has one in each account.
  if (index === 1) return 1;
  if (index === 2) return 2;
  const share = fraction(key, Draw.Account);
  return share < 0.6 ? 0 : share < 0.8 ? 1 : 2;
}

function typeNamed(name: string): DeviceType {
  const type = deviceTypes.find((entry) => entry.name === name);
  if (!type) throw new RangeError(`Expected ${name} in the dictionary of device types`);
  return type;
}

function protocolOf(type: DeviceType): { id: number; name: string; title: string } {
  return at(
    protocols.filter(({ id }) => id === type.protocol_id),
    0,
  );
}

function protocolNamed(name: string): { id: number; name: string; title: string } {
  return at(
    protocols.filter((entry) => entry.name === name),
    0,
  );
}
