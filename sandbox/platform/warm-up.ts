import type { DeviceMessage } from '../fleet/gateway';
import type { Platform } from './platform';
import { newTelemetry, takeIn } from './telemetry';

/** The last message is looked for in ever longer stretches of the past, in seconds. */
const stretches = [900, 6 * 3600, 7 * 86_400];
/** Devices beyond this many start without telemetry and get it with their first message. */
const mostDevices = 5000;
const atOnce = 200;
const sliceMilliseconds = 10;
const pauseMilliseconds = 40;

/**
 * Gives the devices the telemetry that their past has left them, as on a platform that has been running: the first ones before it
 * returns, the others little by little. The result ends it.
 */
export function warmUp(platform: Platform): () => void {
  const ids = platform.gateway.deviceIds.slice(0, mostDevices);
  let next = 0;
  let timer: NodeJS.Timeout | undefined;
  for (; next < Math.min(atOnce, ids.length); next += 1) remember(platform, ids[next] as number);
  const goOn = (): void => {
    const end = performance.now() + sliceMilliseconds;
    for (; next < ids.length && performance.now() < end; next += 1) remember(platform, ids[next] as number);
    timer = next < ids.length ? setTimeout(goOn, pauseMilliseconds).unref() : undefined;
  };
  if (next < ids.length) timer = setTimeout(goOn, pauseMilliseconds).unref();
  return () => clearTimeout(timer);
}

function remember(platform: Platform, id: number): void {
  const device = platform.items('gw/devices').get(id);
  const state = platform.devices.of(id);
  // It has spoken meanwhile.
  if (!device || state.telemetry) return;
  const last = lastMessage(platform, id);
  if (!last) return;
  const telemetry = (state.telemetry = newTelemetry());
  const message = platform.gateway.complete(device, last, last.timestamp, undefined);
  state.lastActive = Number(message['server.timestamp']);
  for (const name of takeIn(telemetry, message)) {
    const topic = `gw/devices/${id}/telemetry/${name}`;
    platform.topics.state(topic, device.cid, telemetry[name]?.value, message.timestamp);
  }
}

function lastMessage({ history, historyFrom, startedAt }: Platform, id: number): DeviceMessage | undefined {
  let last: DeviceMessage | undefined;
  for (const seconds of stretches) {
    for (const message of history?.(id, Math.max(historyFrom, startedAt - seconds), startedAt) ?? []) last = message;
    if (last) return last;
  }
  return undefined;
}
