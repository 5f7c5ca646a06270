import type { DeviceMessage } from '../fleet/gateway';
import type { Item } from './item';
import type { Platform } from './platform';

/** The past is looked up backwards in windows of this many seconds, as it can only be told forwards. */
const windowSeconds = 6 * 3600;

/** A device's messages of a range, both ends included: what was stored, and before the start what history makes up. */
export function* deviceMessages(
  platform: Platform,
  device: Item,
  from: number,
  to: number,
  reverse: boolean,
): Generator<DeviceMessage> {
  const stored = platform.devices.get(device.id)?.messages;
  const kept = stored ? (reverse ? stored.reversed(from, to) : stored.range(from, to)) : [];
  const past = platform.gateway.isPlayed(device.id) ? madeUp(platform, device, from, to, reverse) : [];
  yield* merged(kept, past, reverse);
}

function* madeUp(
  platform: Platform,
  device: Item,
  from: number,
  to: number,
  reverse: boolean,
): Generator<DeviceMessage> {
  const { history, historyFrom, startedAt, gateway } = platform;
  if (!history) return;
  const complete = (message: DeviceMessage): DeviceMessage =>
    gateway.complete(device, message, message.timestamp, undefined);
  const first = Math.max(from, historyFrom, platform.now() - Number(device['messages_ttl']));
  const last = Math.min(to, startedAt);
  if (!reverse) {
    for (const message of history(device.id, first, last)) yield complete(message);
    return;
  }
  for (let end = last; end >= first; end -= windowSeconds) {
    const begin = Math.max(first, end - windowSeconds);
    const messages = [...history(device.id, begin, end)].reverse();
    // The window's older end is the newer end of the next one: give what stands there only once.
    for (const message of messages) if (message.timestamp > begin || begin === first) yield complete(message);
  }
}

function* merged(a: Iterable<DeviceMessage>, b: Iterable<DeviceMessage>, reverse: boolean): Generator<DeviceMessage> {
  const left = a[Symbol.iterator]();
  const right = b[Symbol.iterator]();
  let one = left.next();
  let other = right.next();
  while (!one.done && !other.done) {
    const isFirst = reverse
      ? one.value.timestamp >= other.value.timestamp
      : one.value.timestamp < other.value.timestamp;
    if (isFirst) {
      yield one.value;
      one = left.next();
    } else {
      yield other.value;
      other = right.next();
    }
  }
  for (; !one.done; one = left.next()) yield one.value;
  for (; !other.done; other = right.next()) yield other.value;
}
