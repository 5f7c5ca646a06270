import { catalogue, type Resource } from '../protocol/catalogue.ts';
import type { Choice } from './combobox.mts';
import { pathWord, text } from './text.mts';

const most = 60;

/** What people look for first stands first. */
const favourites = [
  'gw/devices/:devices',
  'gw/devices/:devices/messages',
  'gw/devices/:devices/telemetry/:parameters',
  'gw/devices/:devices/commands-queue',
  'gw/devices/:devices/commands',
  'gw/devices/:devices/settings/:settings',
  'gw/calcs/:calcs/devices/:devices/intervals/:intervals',
  'gw/groups/:groups',
  'gw/geofences/:geofences',
];

const rank = ({ template }: Resource): number => {
  const index = favourites.indexOf(template);
  return index < 0 ? favourites.length : index;
};
const ordered = [...catalogue].sort((left, right) => rank(left) - rank(right));

/** `Devices › telemetry`, in the editor's language where the catalogue has the words. */
export function resourceTitle({ template, methods }: Resource): string {
  const segments = template.split('/');
  const words = segments
    .slice(segments[0] === 'gw' ? 1 : 0)
    .filter((segment) => !segment.startsWith(':'))
    .map((segment) => pathWord(segment));
  const title = words.join(' › ');
  const creates =
    methods.length === 1 && methods[0] === 'POST' && !segments.at(-1)?.startsWith(':') && segments.length === 2;
  return creates ? `${title} (${text('call.create')})` : title;
}

/** Resources whose path or title has all the words that were typed. */
export function searchResources(typed: string): Choice[] {
  const words = typed
    .toLowerCase()
    .split(/[\s›/]+/)
    .filter(Boolean);
  const found: Choice[] = [];
  for (const resource of ordered) {
    const title = resourceTitle(resource);
    const searched = `${resource.template} ${title}`.toLowerCase();
    if (!words.every((word) => searched.includes(word))) continue;
    found.push({ value: resource.template, title, note: resource.template });
    if (found.length === most) break;
  }
  return found;
}
