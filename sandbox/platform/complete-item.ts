import { createHash, randomBytes } from 'node:crypto';
import { calculatorSpec } from '../calculator/calculator-spec';
import { deviceTypeById, pluginTypeById, protocolById, streamProtocolById } from './dictionaries';
import { checkExpression, isObject, type JsonObject } from './check-fields';
import type { Item } from './item';
import type { Platform } from './platform';
import { badRequest } from './rejection';

/** What a kind of item demands beyond the types of its fields, and what the platform writes into it. Throws Rejections. */
type Complete = (item: Item, platform: Platform) => void;

/** Called with the whole item before it is stored, new or changed. */
export const completeItem: Readonly<Record<string, Complete>> = {
  'gw/channels': (item) => {
    exists(protocolById, item, 'protocol_id');
    item['uri'] ||= `ch${item.id}.flespi.gw:${30_000 + (item.id % 10_000)}`;
  },
  'gw/devices': (item, platform) => {
    const configuration = item['configuration'] as JsonObject;
    const type = deviceTypeById.get(item['device_type_id'] as number);
    if (!type && item['device_type_id'] !== 0) exists(deviceTypeById, item, 'device_type_id');
    // Reason as seen in a live answer.
    if (!type && Object.keys(configuration).length > 0) {
      throw badRequest('device configuration cannot be stored without device type');
    }
    item['protocol_id'] = type?.protocol_id ?? 0;
    checkIdent(configuration['ident']);
    platform.idents.claim(item);
  },
  'gw/streams': (item) => {
    exists(streamProtocolById, item, 'protocol_id');
    checkExpression('validate_message', item['validate_message']);
  },
  'gw/plugins': (item) => {
    exists(pluginTypeById, item, 'type_id');
    checkExpression('validate_message', item['validate_message']);
  },
  'gw/calcs': (item) => {
    calculatorSpec(item);
  },
  'gw/geofences': (item) => checkGeometry(item['geometry']),
  'platform/tokens': (item, platform) => {
    checkAccess(item['access']);
    if (!item['ttl'] && !item['expire']) throw badRequest('a token needs "ttl" or "expire"');
    if (!item['key']) item['key'] = newKey();
    item['created'] ||= Math.floor(platform.now());
  },
  'platform/realms': (item) => {
    item['public_id'] ||= createHash('sha256').update(`realm ${item.id}`).digest('hex').slice(0, 16);
  },
  'platform/webhooks': (item) => {
    const triggers = item['triggers'] as unknown[];
    if (triggers.length === 0 || triggers.length > 3) throw badRequest('a webhook has one to three triggers');
    for (const trigger of triggers) {
      if (!isObject(trigger) || typeof trigger['topic'] !== 'string') throw badRequest('a trigger needs a "topic"');
    }
  },
};

function exists(dictionary: ReadonlyMap<number, unknown>, item: Item, name: string): void {
  if (!dictionary.has(item[name] as number)) throw badRequest(`there is no ${name} ${String(item[name])}`);
}

/** The characters that an ident cannot have (flespi KB "Device"): it is a level of topics. */
function checkIdent(ident: unknown): void {
  if (ident === undefined) return;
  // oxlint-disable-next-line no-control-regex -- unprintable characters are what it looks for
  if (typeof ident !== 'string' || /[#+/\u0000-\u001f\u007f]/.test(ident)) {
    throw badRequest('"ident" must be text without #, +, / and unprintable characters');
  }
}

function checkGeometry(geometry: unknown): void {
  const { type, center, radius, path, width } = geometry as JsonObject;
  const fits =
    type === 'circle'
      ? isPoint(center) && isPositive(radius)
      : type === 'polygon'
        ? isPath(path, 3)
        : type === 'corridor' && isPath(path, 2) && isPositive(width);
  if (!fits) {
    throw badRequest(
      '"geometry" must be a circle with center and radius, a polygon with a path of three points or more, or a corridor with path and width',
    );
  }
}

function isPoint(value: unknown): boolean {
  return isObject(value) && Number.isFinite(value['lat']) && Number.isFinite(value['lon']);
}

function isPath(value: unknown, least: number): boolean {
  return Array.isArray(value) && value.length >= least && value.every(isPoint);
}

function isPositive(value: unknown): boolean {
  return typeof value === 'number' && value > 0;
}

function checkAccess(access: unknown): void {
  const { type, acl } = access as JsonObject;
  if (type !== 0 && type !== 1 && type !== 2) throw badRequest('"access.type" must be 0, 1 or 2');
  if (type !== 2) return;
  if (!Array.isArray(acl)) throw badRequest('"access.acl" must be an array');
  for (const entry of acl) {
    if (!isObject(entry) || typeof entry['uri'] !== 'string')
      throw badRequest('each entry of "access.acl" needs a "uri"');
    if (entry['uri'].startsWith('platform')) throw badRequest('an ACL cannot open platform methods');
    const { topic } = entry;
    // Rights on the platform's own topics come from the REST entries (flespi KB "Tokens").
    if (typeof topic === 'string' && topic.startsWith('flespi/'))
      throw badRequest('"topic" must not start with flespi/');
  }
}

function newKey(): string {
  return randomBytes(32).toString('hex');
}
