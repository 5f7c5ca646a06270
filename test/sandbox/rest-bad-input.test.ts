import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { Agent, request } from 'undici';
import { certificate, key } from '../servers/tls-certificate';
import { startRest, type RestBench } from './rest-setup';

describe('rest: what nobody should send', () => {
  let bench: RestBench;
  before(async () => (bench = await startRest()));
  after(() => bench.close());
  afterEach(async () => {
    assert.equal((await bench.get('auth/info')).status, 200, 'the sandbox lives');
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  });

  /** Sends bytes as they are and gives all that comes back. */
  const raw = async (text: string): Promise<string> => {
    const { hostname, port } = new URL(bench.sandbox.http);
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('error', () => {});
    socket.end(text);
    await once(socket, 'close');
    return answer;
  };
  const get = (path: string): Promise<string> =>
    raw(`GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${bench.sandbox.token}\r\nconnection: close\r\n\r\n`);

  const bodies: [title: string, body: string, status: number, reason: RegExp][] = [
    ['no JSON', 'nonsense', 400, /not valid JSON/],
    ['half of it', '[{"name":"x"', 400, /not valid JSON/],
    ['10,000 levels', '['.repeat(10_000) + ']'.repeat(10_000), 400, /nested more than 512 levels/],
    ['10,000 levels of objects', '[' + '{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000) + ']', 400, /nested more/],
    ['brackets in a string', `[{"name":"${'['.repeat(1000)}"}]`, 200, /^$/],
    ['a million open brackets', '['.repeat(1_000_000), 400, /nested more/],
    ['__proto__', '[{"__proto__":{"polluted":1}}]', 400, /unknown field/],
    ['__proto__ in metadata', '[{"metadata":{"__proto__":{"polluted":1}}}]', 200, /^$/],
    ['a byte order mark', '\ufeff[{"name":"x"}]', 400, /not valid JSON/],
    ['a number', '1', 400, /expected an array/],
    ['nothing but spaces', '   ', 400, /expected an array/],
    ['a lone surrogate', '[{"name":"\\ud800"}]', 200, /^$/],
    ['more than 10 MB', `[{"name":"${'x'.repeat(11 * 1024 * 1024)}"}]`, 413, /too large/],
  ];
  for (const [title, body, status, reason] of bodies) {
    it(`body: ${title} is ${status}`, async () => {
      const answer = await bench.call('POST', 'gw/groups', { body });
      assert.equal(answer.status, status, answer.text.slice(0, 200));
      assert.match(answer.errors[0]?.reason ?? '', reason);
    });
  }

  it('metadata keeps odd keys as they are', async () => {
    await bench.call('POST', 'gw/groups', { body: '[{"name":"odd","metadata":{"__proto__":{"polluted":1}}}]' });
    const { text } = await bench.get('gw/groups/name=odd?fields=metadata');
    assert.equal(text, '{"result":[{"metadata":{"__proto__":{"polluted":1}}}]}');
    const patched = await bench.call('PATCH', 'gw/groups/name=odd?fields=metadata', {
      body: '{"metadata":{"constructor":1}}',
    });
    assert.equal(patched.status, 200);
    assert.equal((await bench.get('gw/groups/name=odd,metadata.__proto__.polluted=1?fields=name')).result.length, 1);
    assert.equal((await bench.get('gw/groups/metadata.toString=*')).result.length, 0);
  });

  const paths: [path: string, status: number][] = [
    ['/gw/../platform/tokens/all', 404],
    ['/gw/devices/../../platform/tokens/all', 404],
    ['/gw/devices/%2e%2e', 400],
    ['/gw/devices/..%2f..%2fplatform%2ftokens', 400],
    ['/gw/%64evices/all', 404],
    ['//gw/devices/all', 404],
    ['/gw//devices/all', 404],
    ['/gw/devices//telemetry/all', 404],
    ['/gw/devices/all/', 200],
    ['/gw/devices/all/?fields=id', 200],
    ['/gw/devices/%', 400],
    ['/gw/devices/%zz', 400],
    ['/gw/devices/%c3%28', 400],
    ['/gw/devices/all?fields=%', 400],
    ['/gw/devices/%00', 400],
    ['/gw/devices/all%20', 400],
    ['/GW/devices/all', 404],
    ['/', 404],
    ['/__proto__', 404],
    ['/gw/constructor/all', 404],
    ['/gw/devices/constructor', 400],
    ['/gw/devices/__proto__=1', 400],
    ['/gw/devices/all?fields=__proto__', 400],
    ['/gw/devices/all?fields=toString', 400],
    [`/${'a/'.repeat(5000)}`, 404],
    [`/gw/devices/${'1,'.repeat(15_000)}1`, 404],
    [`/gw/devices/${'1,'.repeat(25_000)}1`, 400],
    [`/gw/devices/${'x'.repeat(60_000)}`, 400],
    [`/gw/devices/${'x'.repeat(70_000)}`, 431],
    [`/gw/devices/name=${'*'.repeat(30_000)}`, 200],
  ];
  for (const [path, status] of paths) {
    it(`path: ${path.slice(0, 50)}${path.length > 50 ? ` and ${path.length - 50} more` : ''} is ${status}`, async () => {
      const answer = await get(path);
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), answer.slice(0, 300));
    });
  }

  const expressions: [title: string, expression: string, status: number][] = [
    ['10,000 brackets', '('.repeat(10_000) + '1' + ')'.repeat(10_000), 400],
    ['a chain of 5,000', Array.from({ length: 5000 }, () => 'id>0').join('||'), 200],
    ['50 kB of text', `name == "${'x'.repeat(50_000)}"`, 200],
  ];
  for (const [title, expression, status] of expressions) {
    it(`expression: ${title} is ${status}`, async () => {
      const answer = await bench.get(`gw/devices/${encodeURIComponent(`{${expression}}`)}`);
      assert.equal(answer.status, status, answer.text.slice(0, 200));
    });
  }

  it('an expression of 100 kB, where a body may carry it, is too long from its 65,537th character on', async () => {
    const body = { expression: `${'1+'.repeat(50_000)}1`, input: [{}] };
    const { result } = await bench.call('POST', 'storage/expressions/test', { body });
    assert.equal((result[0]?.['error'] as { column: number } | undefined)?.column, 65_537);
  });

  const methods: [method: string, path: string, status: number][] = [
    ['PATCH', 'gw/devices/all/telemetry/all', 404],
    ['POST', 'gw/devices/all', 404],
    ['PUT', 'gw/devices', 404],
    ['DELETE', 'gw/channel-protocols/all', 404],
    ['HEAD', 'gw/devices/all', 404],
    ['TRACE', 'gw/devices/all', 404],
  ];
  for (const [method, path, status] of methods) {
    it(`method: ${method} ${path} is plain ${status}`, async () => {
      const answer = await bench.call(method, path);
      assert.equal(answer.status, status);
      assert.match(String(answer.headers['content-type']), /^text\/plain/);
    });
  }

  const broken: [title: string, text: string, expected: RegExp][] = [
    ['no HTTP at all', 'hello\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['a header without end', `GET / HTTP/1.1\r\nx: ${'a'.repeat(100_000)}`, /^HTTP\/1\.1 431 /],
    [
      'two lengths',
      'POST /gw/groups HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
      /^HTTP\/1\.1 400 /,
    ],
    [
      'a body that is shorter than promised',
      'POST /gw/groups HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n[]',
      /^$|^HTTP\/1\.1 400 /,
    ],
  ];
  for (const [title, text, expected] of broken) {
    it(`connection: ${title}`, async () => assert.match(await raw(text), expected));
  }
});

describe('rest: the door', () => {
  let bench: RestBench;
  before(async () => {
    bench = await startRest();
    const body = Array.from({ length: 200 }, (_, n) => ({ name: `group number ${n}` }));
    await bench.call('POST', 'gw/groups', { body });
  });
  after(() => bench.close());

  const encodings: [header: string | undefined, gzipped: boolean][] = [
    [undefined, false],
    ['gzip', true],
    ['gzip, deflate, br', true],
    ['deflate, GZIP;q=0.5', true],
    ['*', true],
    ['gzip;q=0', false],
    ['gzip;q=0.0', false],
    ['identity', false],
    ['xgzip', false],
  ];
  for (const [header, gzipped] of encodings) {
    it(`accept-encoding ${header}: ${gzipped ? 'gzip' : 'plain'}`, async () => {
      const { http, token } = bench.sandbox;
      const headers = { authorization: token, ...(header !== undefined && { 'accept-encoding': header }) };
      const answer = await request(`${http}/gw/groups/all`, { headers });
      const bytes = Buffer.from(await answer.body.arrayBuffer());
      assert.equal(answer.headers['content-encoding'], gzipped ? 'gzip' : undefined);
      assert.equal(answer.headers['content-length'], String(bytes.length));
      const text = (gzipped ? gunzipSync(bytes) : bytes).toString();
      assert.ok((JSON.parse(text) as { result: unknown[] }).result.length >= 200);
    });
  }

  it('lets browsers call from anywhere', async () => {
    const { http } = bench.sandbox;
    const preflight = await request(`${http}/gw/devices/all`, {
      method: 'OPTIONS',
      headers: { origin: 'https://example.org', 'access-control-request-headers': 'authorization,x-flespi-cid' },
    });
    assert.equal(preflight.statusCode, 204);
    assert.equal(preflight.headers['access-control-allow-headers'], 'authorization,x-flespi-cid');
    assert.equal((await bench.get('auth/info')).headers['access-control-allow-origin'], '*');
  });

  it('limits calls in a minute, when that is assumed', async () => {
    let now = 1_800_000_000;
    const limited = await startRest({ now: () => now, assumptions: { callsPerMinute: 3, retryAfter: 7 } });
    const statuses: number[] = [];
    for (let n = 0; n < 5; n += 1) statuses.push((await limited.get('auth/info')).status);
    assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
    assert.equal((await limited.get('auth/info')).headers['retry-after'], '7');
    now += 60;
    assert.equal((await limited.get('auth/info')).status, 200);
    const { result } = await limited.get('platform/customer/statistics');
    assert.deepEqual(
      result.map(({ api_calls: calls }) => calls),
      [6, 2],
    );
    await limited.close();
  });

  it('closes twice, with calls under way and connections idle', async () => {
    const other = await startRest();
    const agent = new Agent();
    const { http, token } = other.sandbox;
    const answer = await request(`${http}/auth/info`, { dispatcher: agent, headers: { authorization: token } });
    await answer.body.dump();
    await Promise.all([other.sandbox.close(), other.sandbox.close()]);
    await other.sandbox.close();
    await agent.destroy();
    await other.close();
  });

  it('speaks TLS on every port with a key and a certificate', async () => {
    const secure = await startRest({ key, cert: certificate });
    assert.match(secure.sandbox.http, /^https:/);
    assert.match(secure.sandbox.mqtt, /^mqtts:/);
    assert.match(secure.sandbox.ws, /^wss:/);
    assert.equal((await secure.get('auth/info')).status, 200);
    const { connectAsync } = await import('mqtt');
    for (const url of [secure.sandbox.mqtt, secure.sandbox.ws]) {
      const client = await connectAsync(url, { username: secure.sandbox.token, rejectUnauthorized: false });
      await client.endAsync();
    }
    await secure.close();
  });

  it('starts nothing when a port is taken', async () => {
    const port = Number(new URL(bench.sandbox.http).port);
    await assert.rejects(startRest({ httpPort: port }), { code: 'EADDRINUSE' });
    const mqttPort = Number(new URL(bench.sandbox.mqtt).port);
    await assert.rejects(startRest({ mqttPort }), { code: 'EADDRINUSE' });
  });
});
