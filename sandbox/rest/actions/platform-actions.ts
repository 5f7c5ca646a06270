import type { DeletedItem } from '../../platform/bin';
import { checkFields, isObject } from '../../platform/check-fields';
import { entities } from '../../platform/entities';
import { field } from '../../platform/item';
import type { Item } from '../../platform/item';
import { badRequest, Rejection } from '../../platform/rejection';
import { eachPicked } from '../answer-parts';
import type { Call, Outcome } from '../call';
import { plainCollection } from '../collection';
import { collectionOf } from '../collections';
import { bodyOf } from '../item-rules';
import { projection } from '../projection';

const customerFields = { name: field.string, metadata: field.metadata, configuration: field.object };

const customer = plainCollection<Item>({
  keyField: 'id',
  fields: ['id', 'cid', 'name', 'configuration', 'metadata', 'limits', 'counters'],
  onRequest: ['metadata', 'limits', 'counters'],
  rows: () => [],
});

const readOnly = { id: field.id, cid: field.id };

/** `GET platform/customer`: the account, with what it has and uses on request. */
export function readCustomer(call: Call): Outcome {
  const show = projection(call, customer);
  return { result: [show(customerOf(call))] };
}

/** PUT puts the given fields in place of what they were; PATCH merges JSON fields one level deep. */
export function writeCustomer(call: Call): Outcome {
  const values = checkFields({ fields: { ...readOnly, ...customerFields } }, bodyOf(call), 'change');
  const show = projection(call, customer);
  const old = call.platform.customers.get(call.cid);
  const merged = Object.entries(values).map(([name, value]) => {
    const before: unknown = old[name];
    return [name, call.method === 'PATCH' && isObject(before) && isObject(value) ? { ...before, ...value } : value];
  });
  call.platform.customers.change(call.cid, Object.fromEntries(merged) as Record<string, unknown>);
  return { result: [show(customerOf(call))] };
}

function customerOf({ platform, cid }: Call): Item {
  const { customers } = platform;
  return { ...customers.get(cid), limits: customers.limits(cid), counters: customers.counters(cid) };
}

/** `PUT .../{}/cid`: moves items to another account. */
export function moveItems(call: Call): Outcome {
  const path = call.slots[0]?.collection ?? '';
  const body = bodyOf(call);
  const target = isObject(body) ? body['cid'] : undefined;
  if (typeof target !== 'number') throw badRequest('"cid" must be the id of an account', { hint: ['cid'] });
  if (!call.accounts.has(target)) throw new Rejection('forbidden', `account ${target} is not accessible`);
  const show = projection(call, collectionOf(path));
  return { result: eachPicked(call, (row) => show(call.platform.move(path, row as Item, target, call.token))) };
}

/** `POST platform/deleted/{}/restore`. */
export function restoreItems(call: Call): Outcome {
  const { platform, token } = call;
  return {
    result: eachPicked(call, (row) => {
      const { id, item_type: type, data } = row as DeletedItem;
      const entity = entities.find(({ originType }) => originType === type);
      if (!entity) throw badRequest('this cannot be restored', { id });
      const { id: itemId } = platform.restore(entity.path, data, token);
      platform.bin.delete(id);
      return { id, item_type: type, item_id: itemId };
    }),
  };
}

/** `GET auth/info`: the token, without its key. */
export function tokenInfo({ token }: Call): Outcome {
  const { key: _secret, ...info } = token;
  return { result: [info] };
}

/** `GET auth/regions`: where to go. The one call that needs no token. */
export function regions({ platform }: Call): Outcome {
  const { http, mqtt, ws } = platform.addresses;
  const host = (address: string): string => address.slice(address.indexOf('//') + 2);
  return {
    result: [
      {
        name: 'sandbox',
        default: true,
        'registration-allowed': false,
        rest: http,
        mqtt: host(mqtt),
        'mqtt-ws': host(ws),
        gw: '127.0.0.1',
        'gw-ip': '127.0.0.1',
        'gw-ftp': '',
        cdn: http,
        media: http,
      },
    ],
  };
}
