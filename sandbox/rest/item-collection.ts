import { derivedFields } from '../platform/derived-fields';
import { entityOf } from '../platform/entities';
import type { Item } from '../platform/item';
import type { Platform } from '../platform/platform';
import { lastPart, relations } from '../platform/relations';
import type { TelemetryValue } from '../platform/telemetry';
import { maySee, type Call } from './call';
import { into, ownValue, type Collection, type Read, type Row } from './collection';

/** The items of an entity. The key of a token is for master tokens only (flespi KB "Tokens"), and nobody else reads tokens at all. */
export function itemCollection(path: string): Collection {
  const entity = entityOf(path);
  const derived = derivedFields(path);
  const plainNames = Object.keys(entity.fields).filter((name) => !entity.fields[name]?.onRequest);
  return {
    key: (row) => String((row as Item).id),
    *rows(call) {
      for (const item of call.platform.items(path).values()) if (maySee(call, path, item)) yield item;
    },
    size(call) {
      const { accounts } = call.platform;
      const seesAll = call.scope === 'all' && call.accounts === accounts.subtree(accounts.rootCid);
      return seesAll ? call.platform.items(path).size : undefined;
    },
    find(call, _parent, key) {
      const item = call.platform.items(path).get(Number(key));
      return item && maySee(call, path, item) ? item : undefined;
    },
    fields: [...Object.keys(entity.fields), ...Object.keys(derived)],
    field(call, name) {
      const derive = Object.hasOwn(derived, name) ? derived[name] : undefined;
      if (derive) return (row) => derive(row as Item, call.platform);
      if (!Object.hasOwn(entity.fields, name)) return undefined;
      if (entity.fields[name]?.secret && call.token.access.type !== 1) return () => undefined;
      return (row) => (row as Item)[name];
    },
    plain: (row) => pick(row as Item, plainNames),
    special: (call, name) =>
      linkedIds(call, path, name) ?? (path === 'gw/devices' ? deviceParameter(call, name) : undefined),
  };
}

function pick(item: Item, names: readonly string[]): object {
  const shown: Record<string, unknown> = {};
  for (const name of names) {
    if (item[name] !== undefined) shown[name] = item[name];
  }
  return shown;
}

/** `groups.id` and the like, without making the objects that `groups` shows: selectors ask for it of every item. */
function linkedIds({ platform }: Call, path: string, name: string): Read | undefined {
  for (const { parent, child, path: linkPath } of relations) {
    if (child.path !== path || name !== `${lastPart(parent.path)}.id`) continue;
    const links = platform.links(linkPath);
    return (row) => [...links.parents((row as Item).id)];
  }
  return undefined;
}

/**
 * What selectors of devices know beyond the fields: `telemetry.position.speed` is the bare value, `plugins.driver.name` and
 * `plugins.fields.driver.name` and plain `driver.name` are values of item-fields plugins ("flespi API basics"; the exact names
 * of plugin fields are an assumption).
 */
function deviceParameter(call: Call, name: string): Read | undefined {
  const { platform } = call;
  if (name === 'telemetry') return (row) => bareTelemetry(platform, row);
  if (name.startsWith('telemetry.')) return telemetryValue(platform, name.slice('telemetry.'.length));
  if (name.startsWith('plugins.')) {
    const rest = name.slice('plugins.'.length);
    if (rest === 'id' || rest === 'name' || rest === 'enabled') return undefined;
    return pluginField(platform, rest.startsWith('fields.') ? rest.slice('fields.'.length) : rest);
  }
  const collection = entityOf('gw/devices').fields;
  const root = name.split('.', 1)[0] as string;
  if (Object.hasOwn(collection, root) || Object.hasOwn(derivedFields('gw/devices'), root)) return undefined;
  return isPluginField(platform, name) ? pluginField(platform, name) : undefined;
}

function telemetryValue(platform: Platform, parameter: string): Read {
  return (row) => {
    const telemetry = platform.devices.get((row as Item).id)?.telemetry;
    if (!telemetry) return undefined;
    const known: TelemetryValue | undefined = telemetry[parameter];
    if (known) return known.value;
    // A path into a parameter that is JSON: the beginning of the name is the parameter.
    for (let dot = parameter.lastIndexOf('.'); dot > 0; dot = parameter.lastIndexOf('.', dot - 1)) {
      const outer = telemetry[parameter.slice(0, dot)];
      if (outer) return into(outer.value, parameter.slice(dot + 1));
    }
    return undefined;
  };
}

function bareTelemetry(platform: Platform, row: Row): unknown {
  const telemetry = platform.devices.get((row as Item).id)?.telemetry;
  if (!telemetry) return undefined;
  return Object.fromEntries(Object.entries(telemetry).map(([name, { value }]) => [name, value]));
}

const pluginLinks = 'gw/plugins/devices';

/** The values that the device's plugins have for a field: one bare, several as an array. */
function pluginField(platform: Platform, field: string): Read {
  const links = platform.links(pluginLinks);
  return (row) => {
    const { id } = row as Item;
    const values: unknown[] = [];
    for (const plugin of links.parents(id)) {
      const fields = links.get(plugin, id)?.['fields'];
      const value = fields === undefined ? undefined : ownValue(fields as Record<string, unknown>, field);
      if (value !== undefined) values.push(value);
    }
    return values.length > 1 ? values : values[0];
  };
}

/** Does any device have this field from a plugin? */
function isPluginField(platform: Platform, field: string): boolean {
  const links = platform.links(pluginLinks);
  const read = pluginField(platform, field);
  for (const plugin of platform.items('gw/plugins').values()) {
    for (const id of links.children(plugin.id)) if (read({ id }) !== undefined) return true;
  }
  return false;
}
