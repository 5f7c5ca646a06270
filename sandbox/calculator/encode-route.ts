import type { DeviceMessage } from '../fleet/gateway';

/** The way of the messages as an encoded polyline with five decimals (Google Maps Platform, "Encoded polyline algorithm format"). */
export function encodeRoute(messages: readonly DeviceMessage[]): string {
  let text = '';
  let before = { lat: 0, lon: 0 };
  for (const { 'position.latitude': latitude, 'position.longitude': longitude } of messages) {
    if (typeof latitude !== 'number' || typeof longitude !== 'number') continue;
    const here = { lat: Math.round(latitude * 1e5), lon: Math.round(longitude * 1e5) };
    text += encodeStep(here.lat - before.lat) + encodeStep(here.lon - before.lon);
    before = here;
  }
  return text;
}

function encodeStep(step: number): string {
  let rest = step < 0 ? ~(step << 1) : step << 1;
  let text = '';
  while (rest >= 0x20) {
    text += String.fromCharCode((0x20 | (rest & 0x1f)) + 63);
    rest >>>= 5;
  }
  return text + String.fromCharCode(rest + 63);
}
