import { deviceTypes, pluginTypes, protocols, streamProtocols, type Named } from '../platform/dictionaries';
import { isObject } from '../platform/check-fields';
import { badRequest } from '../platform/rejection';

/** Names that a write may give in place of an id (REST API samples give a channel's `protocol_name`). */
const names: Readonly<Record<string, { name: string; id: string; entries: readonly Pick<Named, 'id' | 'name'>[] }>> = {
  'gw/channels': { name: 'protocol_name', id: 'protocol_id', entries: protocols },
  'gw/devices': { name: 'device_type_name', id: 'device_type_id', entries: deviceTypes },
  'gw/streams': { name: 'protocol_name', id: 'protocol_id', entries: streamProtocols },
  'gw/plugins': { name: 'type_name', id: 'type_id', entries: pluginTypes },
};

/** The body with the id in place of the name. Throws a Rejection for a name that no dictionary has. */
export function namesToIds(path: string, body: unknown): unknown {
  const rule = names[path];
  if (!rule || !isObject(body) || !Object.hasOwn(body, rule.name)) return body;
  const { [rule.name]: name, ...others } = body;
  const entry = rule.entries.find((candidate) => candidate.name === name);
  if (!entry) throw badRequest(`there is no ${rule.name} "${String(name)}"`);
  return { ...others, [rule.id]: entry.id };
}
