import assert from 'node:assert/strict';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox';
import { accountNode, helper, loadFlow, useRuntime } from './flow';

describe('flespi-config', () => {
  useRuntime();
  let sandbox: Sandbox;
  before(async () => {
    sandbox = await startSandbox({ devices: 30, rate: 0 });
  });
  afterEach(() => {
    sandbox.faults.rest.clear();
    sandbox.restLog.clear();
  });
  after(() => sandbox.close());

  const deployed = (more: object = {}, token = sandbox.token): Promise<unknown> =>
    loadFlow([accountNode(sandbox, more)], { account: { token } });
  const items = (path: string, query: object = {}): ReturnType<typeof get> =>
    get(`/flespi-config/${path}`).query(query);
  const get = (path: string): ReturnType<ReturnType<typeof helper.request>['get']> => helper.request().get(path);
  const post = (path: string, body: object): ReturnType<ReturnType<typeof helper.request>['post']> =>
    helper.request().post(`/flespi-config/${path}`).send(body);
  const form = (more: object = {}): object => ({
    region: 'own',
    restUrl: sandbox.http,
    mqttUrl: sandbox.mqtt,
    ...more,
  });

  describe('items to choose from', () => {
    it('ids and names, and nothing else of them', async () => {
      await deployed();
      const { status, body } = await items('account/items/devices');
      assert.equal(status, 200);
      const list = body['items'] as object[];
      assert.equal(list.length, 30);
      assert.deepEqual(Object.keys(list[0] ?? {}), ['id', 'name']);
      assert.equal(body['more'], false);
    });

    it('searched at flespi: by name, by id, and with what needs quoting', async () => {
      await deployed();
      const [id = 0] = sandbox.gateway.deviceIds;
      const byId = await items('account/items/devices', { search: String(id) });
      assert.deepEqual(
        (byId.body['items'] as { id: number }[]).map((item) => item.id),
        [id],
      );
      const [{ name }] = byId.body['items'] as [{ name: string }];
      const byName = await items('account/items/devices', { search: name.slice(1) });
      assert.ok((byName.body['items'] as { id: number }[]).some((item) => item.id === id));
      const [first = ''] = name.split(' ');
      for (const typed of [first.toLowerCase(), first.toUpperCase()]) {
        const anyCase = await items('account/items/devices', { search: typed });
        assert.ok(
          (anyCase.body['items'] as { id: number }[]).some((item) => item.id === id),
          typed,
        );
      }
      assert.deepEqual((await items('account/items/devices', { search: '"\\ || true' })).body['items'], []);
    });

    for (const kind of ['channels', 'groups', 'calcs', 'streams', 'geofences', 'plugins', 'assets']) {
      it(`${kind}, too`, async () => {
        await deployed();
        assert.equal((await items(`account/items/${kind}`)).status, 200);
      });
    }

    it('no other part of the account', async () => {
      await deployed();
      for (const kind of ['tokens', 'subaccounts', '..%2f..%2fplatform%2ftokens', '__proto__', 'constructor']) {
        const { status } = await items(`account/items/${kind}`);
        assert.ok(status === 422 || status === 404, `${kind}: ${status}`);
      }
      assert.equal(sandbox.restLog.requests.length, 0);
    });

    it('a sentence for an account that is not there, has no token, or is refused', async () => {
      await deployed({}, ' ');
      const cases: [string, number, string][] = [
        ['gone/items/devices', 404, 'FLESPI_NO_ACCOUNT'],
        ['out/items/devices', 404, 'FLESPI_NO_ACCOUNT'],
        ['a%20b%2f/items/devices', 404, 'FLESPI_NO_ACCOUNT'],
        ['account/items/devices', 422, 'FLESPI_NO_TOKEN'],
      ];
      for (const [path, wanted, code] of cases) {
        const { status, body } = await items(path);
        assert.deepEqual([status, body['code']], [wanted, code]);
        assert.equal(typeof body['message'], 'string');
      }
    });

    it('at most a thousand, and says that there are more', async () => {
      const large = await startSandbox({ devices: 1200, rate: 0 });
      try {
        await loadFlow([accountNode(large)], { account: { token: large.token } });
        const { body } = await items('account/items/devices');
        assert.equal((body['items'] as object[]).length, 1000);
        assert.equal(body['more'], true);
      } finally {
        await large.close();
      }
    });
  });

  describe('before the first deploy', () => {
    it('a typed token is tested, and says whose it is', async () => {
      await loadFlow([]);
      const { status, body } = await post('new/test', form({ token: `FlespiToken ${sandbox.token}` }));
      assert.deepEqual([status, body], [200, { cid: sandbox.cid, access: 'master' }]);
    });

    it('items can be chosen with it', async () => {
      await loadFlow([]);
      const { body } = await post('new/items/devices', form({ token: sandbox.token }));
      assert.equal((body['items'] as object[]).length, 30);
    });

    it('a token from the environment', async () => {
      process.env['FLESPI_TEST_TOKEN'] = sandbox.token;
      try {
        await loadFlow([]);
        assert.equal((await post('new/test', form({ token: '${FLESPI_TEST_TOKEN}' }))).status, 200);
      } finally {
        delete process.env['FLESPI_TEST_TOKEN'];
      }
    });

    const refused: [string, object, string][] = [
      ['no token', {}, 'FLESPI_NO_TOKEN'],
      ['a wrong one', { token: 'Z'.repeat(64) }, 'FLESPI_UNAUTHORIZED'],
      ['one with a line break', { token: 'a\r\nb' }, 'FLESPI_NO_TOKEN'],
      ['an address that is none', { token: 'x', restUrl: 'ftp://x' }, 'FLESPI_BAD_INPUT'],
      ['an address without encryption', { token: 'x', restUrl: 'http://flespi.example' }, 'FLESPI_BAD_INPUT'],
      ['nobody there', { token: 'x', restUrl: 'http://127.0.0.1:1' }, 'FLESPI_CONNECTION_FAILED'],
      ['TLS settings that are not there', { token: 'x', tls: 'gone' }, 'FLESPI_BAD_INPUT'],
      ['a proxy that is not there', { token: 'x', proxy: 'gone' }, 'FLESPI_BAD_INPUT'],
    ];
    for (const [name, body, code] of refused) {
      it(`${name}: ${code}, with a sentence and without the token`, async () => {
        await loadFlow([]);
        const answer = await post('new/test', form(body));
        assert.equal(answer.status, 422);
        assert.equal(answer.body['code'], code);
        assert.ok(!answer.text.includes('ZZZZ'));
      });
    }

    it('a body that is none', async () => {
      await loadFlow([]);
      assert.equal((await post('new/test', [])).status, 422);
    });
  });

  describe('the stored token', () => {
    it('is used where the form still shows its place', async () => {
      await deployed();
      assert.equal((await post('account/test', form({ token: '__PWRD__' }))).status, 200);
    });

    it('goes nowhere else than where its owner deployed it to', async () => {
      await deployed();
      const other = await startSandbox({ devices: 1, rate: 0 });
      try {
        const { status, body } = await post('account/test', form({ token: '__PWRD__', restUrl: other.http }));
        assert.deepEqual([status, body['code']], [422, 'FLESPI_BAD_INPUT']);
        assert.equal(other.restLog.requests.length, 0);
      } finally {
        await other.close();
      }
    });
  });

  it('answers at an open question when the platform does not, within its time', async () => {
    sandbox.faults.rest.add({ latency: 60_000 });
    await deployed();
    const began = performance.now();
    const { status, body } = await items('account/items/devices');
    assert.equal(status, 422);
    assert.equal(body['code'], 'FLESPI_TIMEOUT');
    assert.ok(performance.now() - began < 12_000);
  }).timeout(15_000);
});
