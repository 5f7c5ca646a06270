import assert from 'node:assert/strict';
import type { CallOutput, CallSpec } from '../../nodes/protocol/call';
import { catalogue } from '../../nodes/protocol/catalogue';
import { FlespiError } from '../../nodes/protocol/flespi-error';
import { HttpTransport } from '../../nodes/protocol/http-transport';
import { slotsOf } from '../../nodes/protocol/path';
import { runCall } from '../../nodes/protocol/run-call';
import type { Selector } from '../../nodes/protocol/selector';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox';

type Item = Record<string, unknown> & { id: number };
interface Message {
  timestamp: number;
  'device.id': number;
}

const all: Selector = { kind: 'all' };
const ids = (...list: number[]): Selector => ({ kind: 'ids', ids: list });

const devices = { template: 'gw/devices/:devices' };

describe('REST calls on the sandbox', () => {
  let sandbox: Sandbox;
  let transport: HttpTransport;

  let type: unknown;

  before(async () => {
    sandbox = await startSandbox({ devices: 60, seed: 7 });
    transport = new HttpTransport({ origin: sandbox.http, token: () => sandbox.token, proxy: false });
    const [device] = await array<Item>({ ...devices, selectors: [all] });
    type = device?.['device_type_id'];
  });
  after(async () => {
    await transport.close();
    await sandbox.close();
  });

  async function outputs(spec: Partial<CallSpec> & Pick<CallSpec, 'template'>): Promise<CallOutput[]> {
    const found: CallOutput[] = [];
    const call: CallSpec = { method: 'GET', selectors: [], results: 'array', ...spec };
    for await (const output of runCall(call, transport, { signal: new AbortController().signal })) found.push(output);
    return found;
  }

  async function array<T>(spec: Partial<CallSpec> & Pick<CallSpec, 'template'>): Promise<T[]> {
    const [output, ...more] = await outputs(spec);
    assert(output);
    assert.deepEqual(more, []);
    assert.equal(output.incomplete, undefined);
    return output.payload as T[];
  }

  async function refused(spec: Partial<CallSpec> & Pick<CallSpec, 'template'>): Promise<FlespiError> {
    try {
      await outputs(spec);
    } catch (error) {
      assert(error instanceof FlespiError);
      return error;
    }
    throw new assert.AssertionError({ message: 'it was not refused' });
  }

  it('pages through the devices, whatever the page size', async () => {
    const whole = await array<Item>({ ...devices, selectors: [all], limit: 1000, fields: ['id', 'name'] });
    assert.equal(whole.length, 60);
    for (const limit of [1, 7, 20, 59, 60, 61])
      assert.deepEqual(await array({ ...devices, selectors: [all], limit, fields: ['id', 'name'] }), whole);
  });

  it('selects as it was told', async () => {
    const whole = await array<Item>({ ...devices, selectors: [all] });
    const [first, second] = whole as [Item, Item];
    const selected = async (selector: Selector): Promise<number[]> =>
      (await array<Item>({ ...devices, selectors: [selector] })).map(({ id }) => id);
    assert.deepEqual(await selected(ids(second.id, first.id)), [first.id, second.id]);
    assert.deepEqual(await selected({ kind: 'field', field: 'name', value: String(first['name']) }), [first.id]);
    assert.deepEqual(
      await selected({ kind: 'field', field: 'name', value: '*' }),
      whole.map(({ id }) => id),
    );
    assert.deepEqual(await selected({ kind: 'expression', expression: `id == ${first.id} || id == ${second.id}` }), [
      first.id,
      second.id,
    ]);
    assert.deepEqual(await selected({ kind: 'raw', text: `id=${first.id}` }), [first.id]);
    const groups = await array<Item>({ template: 'gw/groups/:groups', selectors: [all] });
    const [group] = groups as [Item];
    const members = await array<{ device_id: number }>({
      template: 'gw/groups/:groups/devices/:devices',
      selectors: [ids(group.id), all],
    });
    assert.deepEqual(
      await selected({ kind: 'group', id: group.id }),
      members.map(({ device_id }) => device_id),
    );
  });

  it('keeps awkward names in one piece: a name is data, never syntax', async () => {
    const names = [
      'a/b',
      '../../platform',
      '50% off?',
      'a,b',
      '{x}',
      'say "hi"',
      'č#1',
      "it's",
      'a=b',
      '=a',
      'a\\b',
      '+1',
    ];
    const created = await array<Item>({
      method: 'POST',
      template: 'gw/devices',
      body: names.map((name, index) => ({ name, device_type_id: type, configuration: { ident: `awkward-${index}` } })),
    });
    assert.equal(created.length, names.length);
    for (const [index, name] of names.entries()) {
      const found = await array<Item>({ ...devices, selectors: [{ kind: 'field', field: 'name', value: name }] });
      assert.deepEqual(
        found.map(({ id }) => id),
        [created[index]?.id],
        name,
      );
    }
    await outputs({ method: 'DELETE', ...devices, selectors: [ids(...created.map(({ id }) => id))], results: 'page' });
    assert.equal((await array({ ...devices, selectors: [all] })).length, 60);
  });

  const lately = (seconds: number): { from: number; to: number } => {
    const now = Math.floor(Date.now() / 1000);
    return { from: now - seconds, to: now - 1 };
  };

  it('walks hours of one device, forward and back, in pages of any size', async () => {
    const [{ id }] = (await array<Item>({ ...devices, selectors: [all] })) as [Item];
    const data = lately(7200);
    const read = { template: 'gw/devices/:devices/messages', selectors: [ids(id)] };
    const whole = await array<Message>({ ...read, data, limit: 100_000 });
    assert(whole.length > 50, String(whole.length));
    for (const limit of [13, 100, 1000]) {
      assert.deepEqual(await array({ ...read, data, limit }), whole);
      const back = await array<Message>({ ...read, data: { ...data, reverse: true }, limit });
      assert.deepEqual(
        back.map(({ timestamp }) => timestamp),
        whole.map(({ timestamp }) => timestamp).reverse(),
      );
    }
  });

  it('walks minutes of the whole fleet, every message once', async () => {
    const data = { ...lately(1200), fields: 'timestamp,device.id' };
    const read = { template: 'gw/devices/:devices/messages', selectors: [all], data, most: 1_000_000 };
    const key = (message: Message): string => `${message.timestamp} ${message['device.id']}`;
    const whole = (await array<Message>({ ...read, limit: 1_000_000 })).map(key).sort();
    assert(whole.length > 1000, String(whole.length));
    for (const reverse of [false, true]) {
      const walked = await array<Message>({ ...read, data: { ...data, reverse }, limit: 500 });
      assert.deepEqual(walked.map(key).sort(), whole);
      assert(
        walked.every(
          ({ timestamp }, index) =>
            index === 0 || (timestamp - (walked[index - 1]?.timestamp ?? 0)) * (reverse ? -1 : 1) >= 0,
        ),
      );
    }
  });

  it('walks records that share one time', async () => {
    const [created] = (await array<Item>({
      method: 'POST',
      template: 'gw/devices',
      body: [{ name: 'twins', device_type_id: type, configuration: { ident: 'twins' } }],
    })) as [Item];
    const now = Math.floor(Date.now() / 1000) - 5000;
    const records = Array.from({ length: 250 }, (_, n) => ({ timestamp: now + Math.floor(n / 60), n }));
    const messages = { template: 'gw/devices/:devices/messages', selectors: [ids(created.id)] };
    await outputs({ ...messages, method: 'POST', body: records, results: 'page' });
    for (const limit of [1, 7, 59, 60, 100]) {
      for (const reverse of [false, true]) {
        const walked = await array<{ n: number }>({ ...messages, limit, data: { reverse }, fields: ['n'] });
        assert.deepEqual(
          walked.map(({ n }) => n).sort((a, b) => a - b),
          records.map(({ n }) => n),
        );
      }
    }
    const pages = await outputs({ ...messages, limit: 100, results: 'pages' });
    assert.equal(pages.length, 3);
    assert.equal(pages[2]?.parts?.count, 3);
    await outputs({ method: 'DELETE', ...devices, selectors: [ids(created.id)], results: 'page' });
  });

  it('walks containers by key and logs by time', async () => {
    const [container] = (await array<Item>({
      method: 'POST',
      template: 'storage/containers',
      body: [{ name: 'c' }],
    })) as [Item];
    const messages = { template: 'storage/containers/:containers/messages', selectors: [ids(container.id)] };
    const records = Array.from({ length: 57 }, (_, n) => ({ key: n * 3, n }));
    await outputs({ ...messages, method: 'POST', body: records, results: 'page' });
    assert.deepEqual(
      (await array<{ n: number }>({ ...messages, limit: 10 })).map(({ n }) => n),
      records.map(({ n }) => n),
    );
    assert.deepEqual(
      (
        await array<{ n: number }>({ ...messages, limit: 10, data: { left_key: 30, right_key: 60, reverse: true } })
      ).map(({ n }) => n),
      [20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10],
    );
    const logs = { template: 'storage/containers/:containers/logs', selectors: [ids(container.id)] };
    const whole = await array<object>(logs);
    assert(whole.length > 0);
    assert.deepEqual(await array({ ...logs, limit: 1 }), whole);
  });

  it('walks intervals of many devices', async () => {
    const calcs = await array<Item>({ template: 'gw/calcs/:calcs', selectors: [all] });
    const some = (await array<Item>({ ...devices, selectors: [all], most: 1000 })).slice(0, 2);
    const read = {
      template: 'gw/calcs/:calcs/devices/:devices/intervals/:intervals',
      selectors: [ids(...calcs.map(({ id }) => id)), ids(...some.map(({ id }) => id)), all],
      most: 1_000_000,
    };
    const key = (interval: Record<string, unknown>): string =>
      `${String(interval['device_id'])} ${String(interval['begin'])} ${String(interval['id'])}`;
    const whole = (await array<Record<string, unknown>>({ ...read, limit: 100_000 })).map(key).sort();
    assert(whole.length > 50, String(whole.length));
    for (const reverse of [false, true]) {
      const walked = await array<Record<string, unknown>>({ ...read, limit: 20, data: { reverse } });
      assert.deepEqual(walked.map(key).sort(), whole);
    }
  });

  it('reads telemetry as items', async () => {
    const found = await outputs({
      template: 'gw/devices/:devices/telemetry/:parameters',
      selectors: [all, { kind: 'ids', ids: ['position.speed', 'timestamp'] }],
      results: 'items',
    });
    assert.equal(found.length, 60);
    assert.equal(found[59]?.complete, true);
  });

  it('hears no from the platform in its own words', async () => {
    const unknownField = await refused({ ...devices, selectors: [all], fields: ['nonsense'] });
    assert.equal(unknownField.code, 'FLESPI_BAD_REQUEST');
    assert.match(String(unknownField.params['hint']), /name/);
    const missing = await refused({ ...devices, selectors: [ids(1)], results: 'page' });
    assert(['FLESPI_NOT_FOUND', 'FLESPI_BAD_REQUEST'].includes(missing.code));
    const path = await refused({ template: 'gw/device/:devices', selectors: [all], results: 'page' });
    assert.equal(path.code, 'FLESPI_NO_SUCH_PATH');
    assert.equal(path.params['didYouMean'], 'gw/devices/:devices');
    const telemetry = await refused({ template: 'gw/devices/:devices/telemetry', selectors: [all], results: 'page' });
    assert.equal(telemetry.params['didYouMean'], 'gw/devices/:devices/telemetry/:parameters');
    const expression = await refused({ ...devices, selectors: [{ kind: 'raw', text: '{id ==}' }] });
    assert.equal(expression.code, 'FLESPI_BAD_REQUEST');
  });

  it('offers no path that the platform does not have', async () => {
    // What the sandbox's README declares absent.
    const absent =
      /^gw\/(changelog-posts|protocols)$|\/(media|sms|files)$|^platform\/(customer\/chat|billing|realms\/:realms\/(users|roles))|^ai\//;
    const unknown: string[] = [];
    for (const { template, methods, bodyHint } of catalogue) {
      for (const method of methods) {
        const selectors = slotsOf(template).map(() => ids(999_999));
        const body = method === 'GET' || method === 'DELETE' ? undefined : (JSON.parse(bodyHint ?? '{}') as unknown);
        const call = outputs({ method, template, selectors, results: 'page', ...(body === undefined ? {} : { body }) });
        await call.catch((error: unknown) => {
          assert(error instanceof FlespiError);
          if (error.code === 'FLESPI_NO_SUCH_PATH' && !absent.test(template)) unknown.push(`${method} ${template}`);
          assert.notEqual(error.code, 'FLESPI_SERVER_ERROR', `${method} ${template}`);
        });
      }
    }
    assert.deepEqual(unknown, []);
  });

  it('gives both halves of a partial success', async () => {
    const [{ id }] = (await array<Item>({ ...devices, selectors: [all] })) as [Item];
    const [output] = await outputs({ ...devices, selectors: [ids(id, 1)], results: 'page' });
    assert(output?.errors);
    assert.equal((output.payload as Item[])[0]?.id, id);
    assert.equal((output.errors as { id: number }[])[0]?.id, 1);
  });
});
