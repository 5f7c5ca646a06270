import type { VehicleState } from './drives';
import type { Vehicle } from './vehicle';
import type { VehicleItem } from './vehicle-items';

/** What a command finds at the vehicle, and may change. */
export interface Cabin {
  readonly vehicle: Vehicle;
  readonly item: VehicleItem;
  /** Outputs that are on, as bits: 1 is output 1, 2 is output 2, 4 is output 3 and so on. */
  outputs: number;
}

const engineOutput = 4;

/** The answer of the device to a command: a text as makers give it, or an object. Unknown commands are answered too, as devices do. */
export function answerCommand(
  cabin: Cabin,
  state: VehicleState,
  name: string,
  properties: Readonly<Record<string, unknown>>,
): unknown {
  switch (name) {
    case 'custom':
      return answerText(cabin, state, typeof properties['text'] === 'string' ? properties['text'] : '');
    case 'position.request':
      return positionOf(cabin, state);
    case 'setdigout':
      return switchOutput(cabin, Number(properties['output']), properties['value'] === true);
    case 'engine.block':
      return { blocked: setBits(cabin, engineOutput, properties['blocked'] === true) };
    default:
      return answerText(cabin, state, name);
  }
}

function answerText(cabin: Cabin, state: VehicleState, text: string): string {
  const [verb = '', ...words] = text.trim().split(/\s+/);
  switch (verb.toLowerCase()) {
    case 'getver':
      return `Ver:03.29.00 Mod:${cabin.item.device_type_name.toUpperCase()} IMEI:${cabin.item.configuration.ident} Init:2026-1-1 0:00`;
    case 'getinfo':
      return `RTC:${new Date(state.time * 1000).toISOString().slice(0, 16)} Rst:1 SR:0 BR:0 CF:0 Ign:${Number(state.ignition)} Odo:${Math.round(state.mileage)}`;
    case 'getstatus':
      return `Data Link: 1 GPRS: 1 Phone: 0 SIM: 0 OP: 24601 Signal: 4 NewSMS: 0 Roaming: 0 Outputs: ${cabin.outputs}`;
    case 'getgps':
      return gpsText(cabin, state);
    case 'setdigout':
      return setDigits(cabin, words[0] ?? '');
    case 'cpureset':
      return 'OK, restarting';
    default:
      return `Unknown command: ${verb}`;
  }
}

function gpsText({ vehicle }: Cabin, { place, speed, heading }: VehicleState): string {
  if (vehicle.blind) return 'GPS:0 Sat:0';
  const { latitude, longitude } = place;
  return `GPS:1 Sat:12 Lat:${latitude.toFixed(6)} Long:${longitude.toFixed(6)} Speed:${Math.round(speed)} Dir:${Math.round(heading)}`;
}

function positionOf({ vehicle }: Cabin, { place, speed, heading, time }: VehicleState): object {
  if (vehicle.blind) return { valid: false };
  return {
    ...place,
    speed: Math.round(speed),
    direction: Math.round(heading),
    timestamp: Math.floor(time),
    valid: true,
  };
}

function switchOutput(cabin: Cabin, output: number, value: boolean): object {
  if (!Number.isInteger(output) || output < 1 || output > 4) return { error: 'no such output' };
  return { output, value: setBits(cabin, 1 << (output - 1), value) };
}

/** `setdigout 10` sets output 1 and clears output 2; a `?` leaves an output as it is. */
function setDigits(cabin: Cabin, digits: string): string {
  if (!/^[01?]{1,4}$/.test(digits)) return 'Expected setdigout and up to four of 0, 1 and ?';
  for (let place = 0; place < digits.length; place += 1) {
    const digit = digits.charAt(place);
    if (digit !== '?') setBits(cabin, 1 << place, digit === '1');
  }
  return `DOUTS are set to:${digits}`;
}

function setBits(cabin: Cabin, bits: number, on: boolean): boolean {
  cabin.outputs = on ? cabin.outputs | bits : cabin.outputs & ~bits;
  return on;
}
