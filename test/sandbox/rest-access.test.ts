import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AclEntry } from '../../sandbox/account/token';
import { matchesAddress } from '../../sandbox/account/address-mask';
import { covers } from '../../sandbox/account/topic-rights';
import { startRest, type RestBench } from './rest-setup';

const forbidden = 'action is not permitted by ACL';

describe('rest: accounts and tokens', () => {
  let bench: RestBench;
  let now = 1_800_000_000;
  let subaccount: number;
  let grandchild: number;

  before(async () => {
    bench = await startRest({ now: () => now });
    subaccount = [...bench.sandbox.platform.items('platform/subaccounts').values()][0]?.id ?? 0;
    const made = await bench.call('POST', 'platform/subaccounts', {
      body: [{ name: 'below' }],
      headers: { 'x-flespi-cid': String(subaccount) },
    });
    grandchild = made.result[0]?.['id'] as number;
  });
  after(() => bench.close());

  const token = async (item: object, cid?: number): Promise<string> => {
    const { result, text } = await bench.call('POST', 'platform/tokens?fields=key', {
      body: [{ ttl: 3600, ...item }],
      ...(cid !== undefined && { headers: { 'x-flespi-cid': String(cid) } }),
    });
    assert.ok(result[0], text);
    return result[0]['key'] as string;
  };

  describe('the token', () => {
    const headers: [title: string, header: (key: string) => string, status: number][] = [
      ['with the word', (key) => `FlespiToken ${key}`, 200],
      ['without the word', (key) => key, 200],
      ['with the word in small letters', (key) => `flespitoken ${key}`, 200],
      ['with a wrong key', () => 'FlespiToken nonsense', 401],
      ['with half of the key', (key) => `FlespiToken ${key.slice(0, 32)}`, 401],
      ['empty', () => '', 401],
      ['as Bearer', (key) => `Bearer ${key}`, 401],
    ];
    for (const [title, header, status] of headers) {
      it(`${title}: ${status}`, async () => {
        const { token: key } = bench.sandbox;
        const answer = await bench.get('auth/info', { token: '', headers: { authorization: header(key) } });
        assert.equal(answer.status, status);
        assert.ok(!answer.text.includes(key));
      });
    }

    it('is asked for everywhere but at auth/regions', async () => {
      assert.equal((await bench.get('gw/devices/all', { token: '' })).status, 401);
      assert.equal((await bench.get('gw/nothing', { token: '' })).status, 401);
      const { status, result } = await bench.get('auth/regions', { token: '' });
      assert.equal(status, 200);
      assert.equal(result[0]?.['rest'], bench.sandbox.http);
    });

    it('lasts from its last use, or until it expires, whichever is later', async () => {
      const used = await token({ ttl: 100 });
      const fixed = await token({ ttl: 10, expire: now + 150 });
      const info = (key: string): Promise<number> =>
        bench.get('auth/info', { token: key }).then(({ status }) => status);
      now += 90;
      assert.deepEqual([await info(used), await info(fixed)], [200, 200]);
      now += 90;
      assert.deepEqual([await info(used), await info(fixed)], [200, 401]);
      now += 101;
      assert.equal(await info(used), 401);
      assert.equal(await info(used), 401);
    });

    it('can be disabled', async () => {
      const key = await token({ info: 'off' });
      await bench.call('PUT', 'platform/tokens/info=off', { body: { enabled: false } });
      assert.equal((await bench.get('auth/info', { token: key })).status, 401);
    });

    it('may be bound to addresses', async () => {
      assert.equal((await bench.get('auth/info', { token: await token({ ips: '127.0.0.*' }) })).status, 200);
      assert.equal((await bench.get('auth/info', { token: await token({ ips: '10.0.0.1, 10.1.*' }) })).status, 401);
    });
  });

  describe('x-flespi-cid', () => {
    const at = (cid: number | string): { headers: Record<string, string> } => ({
      headers: { 'x-flespi-cid': String(cid) },
    });

    it('runs the call in an account below', async () => {
      const { result } = await bench.call('POST', 'gw/groups', { body: [{ name: 'far below' }], ...at(grandchild) });
      assert.equal(result[0]?.['cid'], grandchild);
      assert.equal((await bench.get('gw/groups/name=far%20below', at(subaccount))).result.length, 1);
      assert.equal((await bench.get('gw/groups/name=far%20below')).result.length, 1);
      const sibling = [...bench.sandbox.platform.items('platform/subaccounts').values()][1]?.id ?? 0;
      assert.equal((await bench.get('gw/groups/name=far%20below', at(sibling))).result.length, 0);
    });

    it('does not reach above or beside', async () => {
      const key = await token({ access: { type: 1 } }, subaccount);
      assert.equal((await bench.get('platform/customer', { token: key, ...at(grandchild) })).status, 200);
      assert.equal((await bench.get('platform/customer', { token: key, ...at(bench.sandbox.cid) })).status, 403);
      const { result } = await bench.get('platform/customer', { token: key });
      assert.equal(result[0]?.['id'], subaccount);
      assert.equal((await bench.get('platform/tokens/all?fields=id', { token: key })).result.length, 1);
    });

    it('must be an id', async () => {
      assert.equal((await bench.get('gw/groups/all', at('x'))).status, 400);
      assert.equal((await bench.get('gw/groups/all', at(1))).status, 403);
    });
  });

  it('a standard token sees telematics and its account, not the management', async () => {
    const key = await token({ access: { type: 0 } });
    for (const path of ['gw/devices/all', 'storage/containers/all', 'mqtt/sessions/all', 'platform/customer']) {
      assert.equal((await bench.get(path, { token: key })).status, 200, path);
    }
    for (const path of ['platform/tokens/all', 'platform/subaccounts/all', 'platform/webhooks/all']) {
      assert.equal((await bench.get(path, { token: key })).status, 403, path);
    }
  });

  describe('an access control list', () => {
    let devices: number[];
    let group: number;
    before(async () => {
      const body = ['1', '2', '3'].map((ident) => ({ device_type_id: 42, configuration: { ident } }));
      const made = await bench.call('POST', 'gw/devices', { body });
      devices = made.result.map(({ id }) => id as number);
      const groups = await bench.call('POST', 'gw/groups', { body: [{ name: 'open' }, { name: 'closed' }] });
      group = groups.result[0]?.['id'] as number;
      await bench.call('POST', `gw/groups/${group}/devices/${devices[0]}`);
    });

    /** `1` and `2` in paths stand for the first and second device, `G` in entries for the group. */
    const cases: [
      acl: (AclEntry | object)[],
      method: 'GET' | 'PUT' | 'POST' | 'DELETE',
      path: string,
      status: number,
      count?: number,
    ][] = [
      [[], 'GET', 'gw/devices/all', 403],
      [[{ uri: 'gw/devices', methods: ['GET'], ids: 'all' }], 'GET', 'gw/devices/all', 200, 3],
      [[{ uri: 'gw/devices', methods: ['GET'] }], 'GET', 'gw/devices/all', 200, 3],
      [[{ uri: 'gw/devices', methods: ['GET'], ids: ['@1'] }], 'GET', 'gw/devices/all', 200, 1],
      [[{ uri: 'gw/devices', methods: ['GET'], ids: ['@1'] }], 'GET', 'gw/devices/@2', 404],
      [[{ uri: 'gw/devices', methods: ['GET'], ids: ['@1'] }], 'PUT', 'gw/devices/@1', 403],
      [[{ uri: 'gw/devices', methods: ['GET'], ids: 'all' }], 'GET', 'gw/devices/all/telemetry/all', 403],
      [
        [{ uri: 'gw/devices', ids: 'all', submodules: [{ name: 'telemetry', methods: ['GET'] }] }],
        'GET',
        'gw/devices/all/telemetry/all',
        200,
        3,
      ],
      [
        [{ uri: 'gw/devices', ids: ['@2'], submodules: [{ name: 'messages', methods: ['GET'] }] }],
        'GET',
        'gw/devices/@2/messages',
        200,
        0,
      ],
      [
        [{ uri: 'gw/devices', ids: ['@2'], submodules: [{ name: 'messages', methods: ['GET'] }] }],
        'POST',
        'gw/devices/@2/messages',
        403,
      ],
      [
        [
          { uri: 'gw/devices', ids: 'in-groups', methods: ['GET'] },
          { uri: 'gw/groups', ids: ['@G'], methods: ['GET'] },
        ],
        'GET',
        'gw/devices/all',
        200,
        1,
      ],
      [[{ uri: 'gw/devices', ids: 'in-groups', methods: ['GET'] }], 'GET', 'gw/devices/all', 200, 0],
      [
        [
          { uri: 'gw/devices', ids: ['@1'], methods: ['GET'] },
          { uri: 'gw/devices', ids: ['@2'], methods: ['GET'] },
        ],
        'GET',
        'gw/devices/all',
        200,
        2,
      ],
      [[{ uri: 'gw/devices', methods: ['POST'] }], 'GET', 'gw/devices/all', 403],
      [[], 'GET', 'gw/channel-protocols/all', 200],
      [[], 'GET', 'auth/info', 200],
      [[{ uri: 'gw/devices', methods: ['GET'] }], 'GET', 'platform/customer', 403],
      [[{ uri: 'gw/devices', methods: ['GET'] }], 'GET', 'platform/tokens/all', 403],
    ];
    for (const [acl, method, path, status, count] of cases) {
      it(`${JSON.stringify(acl)} ${method} ${path}: ${status}`, async () => {
        const fill = (text: string): string =>
          text.replaceAll(/"?@(\d|G)"?/g, (_text, name: string) =>
            String(name === 'G' ? group : devices[Number(name) - 1]),
          );
        const key = await token({ access: { type: 2, acl: JSON.parse(fill(JSON.stringify(acl))) as unknown } });
        const answer = await bench.call(method, fill(path), { token: key, ...(method !== 'GET' && { body: [] }) });
        assert.equal(answer.status, status, answer.text);
        if (status === 403) assert.deepEqual(answer.errors[0], { code: 3, reason: forbidden });
        if (count !== undefined) assert.equal(answer.result.length, count);
      });
    }

    const topics: [acl: (AclEntry | object)[], filter: string, allowed: boolean][] = [
      [[], 'a/b', false],
      [[{ uri: 'mqtt', topic: 'my/app/#', actions: ['subscribe'] }], 'my/app/x/+', true],
      [[{ uri: 'mqtt', topic: 'my/app/#', actions: ['subscribe'] }], 'my/#', false],
      [[{ uri: 'mqtt', topic: 'my/app/#', actions: ['publish'] }], 'my/app/x', false],
      [[{ uri: 'mqtt', topic: 'my/+', actions: ['subscribe'] }], 'my/a,b', true],
      [[{ uri: 'mqtt', topic: '#', actions: ['subscribe'] }], 'flespi/state/gw/devices/+', false],
      [[{ uri: 'gw/devices', methods: ['GET'] }], 'flespi/state/gw/devices/+', true],
      [[{ uri: 'gw/devices', methods: ['GET'] }], 'flespi/state/gw/devices/+/name', true],
      [[{ uri: 'gw/devices', methods: ['GET'] }], 'flespi/state/gw/devices/+/telemetry/+', false],
      [[{ uri: 'gw/devices', methods: ['GET'] }], 'flespi/state/gw/devices/+/#', false],
      [
        [{ uri: 'gw/devices', submodules: [{ name: 'messages', methods: ['GET'] }] }],
        'flespi/message/gw/devices/+',
        true,
      ],
      [
        [{ uri: 'gw/devices', ids: ['@1'], submodules: [{ name: 'messages', methods: ['GET'] }] }],
        'flespi/message/gw/devices/+',
        false,
      ],
      [
        [{ uri: 'gw/devices', ids: ['@1'], submodules: [{ name: 'messages', methods: ['GET'] }] }],
        'flespi/message/gw/devices/@1',
        true,
      ],
      [
        [{ uri: 'gw/devices', ids: ['@1'], submodules: [{ name: 'messages', methods: ['GET'] }] }],
        'flespi/message/gw/devices/@1,@2',
        false,
      ],
      [
        [{ uri: 'gw/devices', submodules: [{ name: 'logs', methods: ['GET'] }] }],
        'flespi/log/gw/devices/+/connected',
        true,
      ],
      [
        [{ uri: 'gw/calcs', submodules: [{ name: 'intervals', methods: ['GET'] }] }],
        'flespi/interval/gw/calcs/+/devices/+/created',
        true,
      ],
      [[{ uri: 'gw/devices', methods: ['GET'] }], 'flespi/#', false],
      [[], 'flespi/rest/get/gw/devices/+', true],
    ];
    for (const [acl, filter, allowed] of topics) {
      it(`${JSON.stringify(acl)} ${allowed ? 'opens' : 'closes'} ${filter}`, () => {
        const fill = (text: string): string =>
          text.replaceAll(/"?@(\d)"?/g, (_text, name: string) => String(devices[Number(name) - 1]));
        const { accounts } = bench.sandbox.platform;
        const base = accounts.byHeader(bench.sandbox.token);
        assert.ok(base);
        const list = JSON.parse(fill(JSON.stringify(acl))) as AclEntry[];
        const holder = { ...base, access: { type: 2 as const, acl: list } };
        assert.equal(accounts.maySubscribe(holder, fill(filter)), allowed);
      });
    }

    it('refuses a filter with more combinations than anybody means', () => {
      const { accounts } = bench.sandbox.platform;
      const base = accounts.byHeader(bench.sandbox.token);
      assert.ok(base);
      const list = Array.from({ length: 30 }, () => 'a,b').join('/');
      const acl: AclEntry[] = [{ uri: 'mqtt', topic: '#', actions: ['subscribe'] }];
      assert.equal(accounts.maySubscribe({ ...base, access: { type: 2, acl } }, list), false);
    });
  });

  it('a filter covers another when it matches every topic of it', () => {
    const level = fc.constantFrom('a', 'b', '');
    const topic = fc.array(level, { minLength: 1, maxLength: 4 });
    const filter = fc
      .tuple(fc.array(fc.constantFrom('a', 'b', '', '+'), { minLength: 1, maxLength: 4 }), fc.boolean())
      .map(([levels, open]) => [...levels, ...(open ? ['#'] : [])]);
    const matches = (levels: string[], of: string[]): boolean => {
      for (const [index, one] of levels.entries()) {
        if (one === '#') return true;
        if (of[index] === undefined || (one !== '+' && one !== of[index])) return false;
      }
      return levels.length === of.length;
    };
    fc.assert(
      fc.property(filter, filter, topic, (outer, inner, of) => {
        if (covers(outer.join('/'), inner.join('/')) && matches(inner, of)) assert.ok(matches(outer, of));
      }),
    );
  });

  const masks: [list: string, address: string, expected: boolean][] = [
    ['', '1.2.3.4', true],
    ['1.2.3.4', '1.2.3.4', true],
    ['1.2.3.4', '1.2.3.40', false],
    ['1.2.*', '1.2.3.4', true],
    ['1.2.3.?', '1.2.3.44', false],
    ['9.9.9.9, 1.2.3.4', '::ffff:1.2.3.4', true],
  ];
  for (const [list, address, expected] of masks) {
    it(`ips "${list}" and ${address}: ${expected}`, () => assert.equal(matchesAddress(list, address), expected));
  }

  describe('credentials of MQTT', () => {
    const credentials: [
      title: string,
      make: (key: string, id: number) => [string | undefined, string | undefined],
      ok: boolean,
    ][] = [
      ['key as user name', (key) => [key, undefined], true],
      ['key as user name, with the word', (key) => [`FlespiToken ${key}`, ''], true],
      ['key as password', (key) => ['anything', key], true],
      ['key as password alone', (key) => [undefined, key], true],
      ['id and sixteen bytes', (key, id) => [String(id), key.slice(0, 16)], true],
      ['id and thirty bytes', (key, id) => [String(id), key.slice(0, 30)], true],
      ['id and fifteen bytes', (key, id) => [String(id), key.slice(0, 15)], false],
      ['another id', (key, id) => [String(id + 1), key.slice(0, 16)], false],
      ['id and other bytes', (_key, id) => [String(id), 'x'.repeat(16)], false],
      ['nothing', () => [undefined, undefined], false],
      ['empty', () => ['', ''], false],
    ];
    for (const [title, make, ok] of credentials) {
      it(`${title}: ${ok}`, () => {
        const { platform, token: key } = bench.sandbox;
        const id = platform.accounts.byHeader(key)?.id ?? 0;
        assert.equal(platform.accounts.byCredentials(...make(key, id)) !== undefined, ok);
      });
    }
  });

  it('lineage goes from the account to the root', () => {
    assert.deepEqual(bench.sandbox.platform.accounts.lineage(grandchild), [grandchild, subaccount, bench.sandbox.cid]);
  });
});
