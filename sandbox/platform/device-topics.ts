import type { Item } from './item';
import type { Platform } from './platform';

/** Tells what is retained of a device beside its item: connection, settings, telemetry, queue (flespi "MQTT topics"). */
export function announceDevice(platform: Platform, device: Item): void {
  const state = platform.devices.get(device.id);
  const path = `gw/devices/${device.id}`;
  const tell = (topic: string, value: unknown, timestamp?: number): void =>
    platform.topics.state(`${path}/${topic}`, device.cid, value, timestamp);
  tell('connected', state?.connection !== undefined);
  if (state?.connection) tell(`connections/${state.connection.id}`, state.connection);
  for (const [name, { value, ts }] of Object.entries(state?.telemetry ?? {})) tell(`telemetry/${name}`, value, ts);
  for (const [id, command] of state?.queue ?? []) tell(`commands-queue/${id}`, command);
  for (const [name, setting] of platform.settings.of(device)) tell(`settings/${name}`, setting);
}

/** Clears the same. */
export function withdrawDevice(platform: Platform, device: Item): void {
  const state = platform.devices.get(device.id);
  const gone = (topic: string): void =>
    platform.topics.state(`gw/devices/${device.id}/${topic}`, device.cid, undefined);
  for (const name of Object.keys(state?.telemetry ?? {})) gone(`telemetry/${name}`);
  for (const name of state?.settings?.keys() ?? []) gone(`settings/${name}`);
  for (const id of state?.queue?.keys() ?? []) gone(`commands-queue/${id}`);
  if (state?.connection) gone(`connections/${state.connection.id}`);
  gone('connected');
}
