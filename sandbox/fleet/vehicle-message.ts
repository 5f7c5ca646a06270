import { gapAt } from './contact';
import type { VehicleState } from './drives';
import { fuelLevel } from './fuel';
import type { DeviceMessage } from './gateway';
import { between, curve, hash } from './random';
import type { HarshEvent } from './trip';
import type { VehicleItem } from './vehicle-items';
import type { Vehicle } from './vehicle';

/** What a message carries beside the state of the vehicle. */
export interface Occasion {
  /** When the platform received it; unix seconds. */
  received: number;
  /** It was kept in the device because there was no contact. */
  buffered?: boolean;
  harsh?: HarshEvent | undefined;
  /** Outputs that commands have switched, as bits. */
  outputs?: number;
  /** Speed in km/h from which the device complains. */
  speedLimit?: number;
}

/** Teltonika's numbers of the AVL elements, which flespi passes on as `event.enum`. */
const eventNumbers: Readonly<Record<HarshEvent, number>> = { acceleration: 253, braking: 253, cornering: 253 };
const ignitionEvent = 239;
const can: ReadonlySet<string> = new Set(['fmc640', 'fmb640', 'fmm640', 'pro5', 'fmb120']);

const enum Draw {
  Noise = 500,
  Signal,
  Satellites,
  Altitude,
  Voltage,
  Cargo,
}

/**
 * The message a vehicle's device sends about a moment: flat, with flespi's dotted names (flespi "Message parameters"). What
 * it holds depends on the device: CAN bus, tracker of a plain car, phone application.
 */
export function vehicleMessage(
  vehicle: Vehicle,
  item: VehicleItem,
  state: VehicleState,
  occasion: Occasion,
): DeviceMessage {
  const { key } = vehicle;
  const { time } = state;
  const moving = state.speed > 2;
  const level = round(fuelLevel(vehicle, state), 1);
  const message: DeviceMessage = {
    ident: item.configuration.ident,
    timestamp: round(time, 3),
    'server.timestamp': round(occasion.received, 3),
    'device.id': item.id,
    'device.name': item.name,
    'device.type.id': item.device_type_id,
    'channel.id': item.channel_id,
    'protocol.id': item.protocol_id,
    peer: `10.${(key >>> 16) & 255}.${(key >>> 8) & 255}.${key & 255}:${20_000 + (hash(key, 7) % 40_000)}`,
    'engine.ignition.status': state.ignition,
    'movement.status': moving,
    'trip.status': state.onTrip,
    'gsm.signal.level': Math.round(20 + 80 * curve(hash(key, Draw.Signal), time / 240)),
    din: (state.ignition ? 1 : 0) | (isDoorOpen(vehicle, state) ? 2 : 0),
    dout: occasion.outputs ?? 0,
  };
  if (!vehicle.blind) addPosition(message, vehicle, state);
  addPower(message, vehicle, item, state);

  if (can.has(item.device_type_name)) {
    message['can.vehicle.mileage'] = round(state.mileage, 3);
    message['can.fuel.level'] = level;
    message['can.vehicle.speed'] = Math.round(state.speed);
    message['can.engine.rpm'] = state.ignition ? Math.round(780 + state.speed * 22 + 60 * noise(vehicle, time, 1)) : 0;
  } else {
    message['vehicle.mileage'] = round(state.mileage, 3);
    message['fuel.level'] = level;
  }
  if (vehicle.kind === 'reefer') addCargo(message, vehicle, state);
  addEvents(message, item, state, occasion);
  return message;
}

function addPosition(message: DeviceMessage, vehicle: Vehicle, state: VehicleState): void {
  const { latitude, longitude } = state.place;
  const sky = curve(hash(vehicle.key, Draw.Satellites), state.time / 90);
  message['position.latitude'] = round(latitude, 6);
  message['position.longitude'] = round(longitude, 6);
  message['position.altitude'] = Math.round(
    110 + 60 * (curve(Draw.Altitude, latitude * 60) + curve(Draw.Altitude + 50, longitude * 40)),
  );
  message['position.speed'] = round(state.speed, 1);
  message['position.direction'] = round(state.heading, 1) % 360;
  message['position.satellites'] = Math.round(7 + 10 * sky);
  message['position.hdop'] = round(1.6 - sky, 1);
  message['position.valid'] = true;
}

function addPower(message: DeviceMessage, vehicle: Vehicle, item: VehicleItem, state: VehicleState): void {
  const flicker = noise(vehicle, state.time, 2) - 0.5;
  if (item.protocol_name === 'wialon-ips') {
    // A phone: it empties on the road and is charged at home.
    const spent = state.plan.works ? Math.min(1, (state.time - state.plan.begin) / 80_000) : 0;
    const level = Math.round(97 - 75 * spent);
    message['battery.level'] = level;
    message['battery.voltage'] = round(3.5 + 0.0068 * level + 0.01 * flicker, 3);
    return;
  }
  const volts = (vehicle.kind === 'truck' || vehicle.kind === 'reefer' ? 2 : 1) as number;
  const resting = 12.75 - 0.35 * Math.min(1, state.since / 36_000);
  message['external.powersource.voltage'] = round(volts * (state.ignition ? 14.1 : resting) + 0.12 * flicker, 3);
  message['battery.level'] = 100;
  message['battery.voltage'] = round(4.08 + 0.02 * flicker, 3);
}

function addCargo(message: DeviceMessage, vehicle: Vehicle, state: VehicleState): void {
  const wanted = vehicle.index % 2 === 0 ? -18 : 4;
  const swing = curve(hash(vehicle.key, Draw.Cargo), state.time / 600) - 0.5;
  const open = isDoorOpen(vehicle, state);
  message['ble.sensor.temperature.1'] = round(wanted + 1.6 * swing + (open ? 2.5 : 0), 1);
  message['ble.sensor.temperature.2'] = round(wanted + 0.8 + 1.2 * swing + (open ? 4 : 0), 1);
  message['ble.sensor.humidity.1'] = Math.round(62 + 10 * swing + (open ? 9 : 0));
  message['door.open.status'] = open;
}

function addEvents(message: DeviceMessage, item: VehicleItem, state: VehicleState, occasion: Occasion): void {
  const { harsh, buffered, speedLimit } = occasion;
  if (harsh) message[`harsh.${harsh}.event`] = true;
  if (speedLimit !== undefined && state.speed > speedLimit) message['overspeeding.event'] = true;
  if (buffered) message['message.buffered.status'] = true;
  if (item.protocol_name === 'teltonika') {
    message['codec.id'] = 142;
    message['event.enum'] = harsh ? eventNumbers[harsh] : state.since < 1 ? ignitionEvent : 0;
    message['event.priority.enum'] = harsh ? 1 : 0;
  }
}

/** The cargo door is open for some minutes after the engine stops away from home. */
function isDoorOpen(vehicle: Vehicle, state: VehicleState): boolean {
  const hasDoor = vehicle.kind !== 'car';
  return hasDoor && !state.ignition && state.metresToday > 0 && state.since > 30 && state.since < 240;
}

/** Was the vehicle out of contact at this moment, so that the message came later? */
export function receivedAt(vehicle: Vehicle, time: number): { received: number; buffered: boolean } {
  const gap = gapAt(vehicle, time);
  if (gap) return { received: gap.to + between(1, 6, vehicle.key, Math.floor(time)), buffered: true };
  return { received: time + between(0.2, 1.4, vehicle.key, Math.floor(time)), buffered: false };
}

function noise(vehicle: Vehicle, time: number, kind: number): number {
  return curve(hash(vehicle.key, Draw.Noise, kind), time / 7);
}

function round(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}
