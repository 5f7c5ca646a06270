import { compileWildcard, isPattern } from '../../nodes/protocol/expression';
import type { Item } from '../platform/item';
import { badRequest } from '../platform/rejection';
import type { Telemetry } from '../platform/telemetry';
import type { Call, Outcome } from './call';
import type { Slot } from './route';
import { selectRows } from './select-rows';

/** `gw/devices/{}/telemetry/{}`: one result a device, with the named parameters. */
export function readTelemetry(call: Call): Outcome {
  const { devices, names } = split(call);
  return {
    result: devices.map(({ id }) => ({ id, telemetry: part(call.platform.devices.get(id)?.telemetry, names) })),
  };
}

/** Forgets the named parameters, and clears their topics. */
export function deleteTelemetry(call: Call): Outcome {
  const { devices, names } = split(call);
  const { platform } = call;
  return {
    result: devices.map(({ id, cid }) => {
      const telemetry = platform.devices.get(id)?.telemetry;
      for (const name of Object.keys(part(telemetry, names) ?? {})) {
        delete telemetry?.[name];
        platform.topics.state(`gw/devices/${id}/telemetry/${name}`, cid, undefined);
      }
      return { id };
    }),
  };
}

/** Null for a device that never reported (Home Assistant component). */
function part(telemetry: Telemetry | undefined, names: NameTest): Telemetry | null {
  if (!telemetry) return null;
  if (names === 'all') return telemetry;
  const picked = Object.create(null) as Telemetry;
  for (const name of Object.keys(telemetry)) {
    const value = telemetry[name];
    if (value && names(name)) picked[name] = value;
  }
  return picked;
}

type NameTest = 'all' | ((name: string) => boolean);

function split(call: Call): { devices: Item[]; names: NameTest } {
  const [deviceSlot, nameSlot] = call.slots;
  const devices = selectRows(call, deviceSlot ? [deviceSlot] : []).picked.map(({ row }) => row as Item);
  return { devices, names: nameTest(nameSlot) };
}

function nameTest(slot: Slot | undefined): NameTest {
  if (!slot || slot.text === 'all') return 'all';
  const names = slot.text.split(',').map((name) => name.trim());
  if (names.includes('') || slot.text.startsWith('{')) throw badRequest(`invalid names of parameters "${slot.text}"`);
  const plain = new Set(names.filter((name) => !isPattern(name)));
  const patterns = names.filter(isPattern).map((name) => compileWildcard(name, true));
  return (name) => plain.has(name) || patterns.some((fits) => fits(name));
}
