import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { startRest, type RestBench } from './rest-setup';

/** What comes over the wire when others write the requests: by hand, with curl, with Python, in a browser. */
describe('other clients: HTTP', () => {
  let bench: RestBench;
  let device: number;

  before(async () => {
    bench = await startRest({ devices: 3, seed: 5 });
    device = bench.sandbox.gateway.deviceIds[0] ?? 0;
  });
  after(() => bench.close());

  /** Bytes on a socket, as a program without an HTTP library would write them; resolves with the whole answer. */
  async function raw(request: string): Promise<string> {
    const { hostname, port } = new URL(bench.sandbox.http);
    const socket = connect(Number(port), hostname);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.write(request.replaceAll('\n', '\r\n').replace('<token>', bench.sandbox.token));
    await once(socket, 'close');
    return Buffer.concat(chunks).toString('latin1');
  }

  describe('by hand', () => {
    const requests: [title: string, request: string, expected: RegExp][] = [
      ['HTTP/1.0', 'GET /auth/info HTTP/1.0\nAuthorization: <token>\n\n', /^HTTP\/1\.1 200 OK[^]*"info":"sandbox"/],
      [
        'small letters in headers',
        'GET /auth/info HTTP/1.1\nhost: x\nauthorization: FlespiToken <token>\nconnection: close\n\n',
        /^HTTP\/1\.1 200 OK/,
      ],
      [
        'braces, bars and quotes in the path',
        'GET /gw/devices/{name=="x"||id>0}?fields=id&limit=1 HTTP/1.1\nhost: x\nauthorization: <token>\nconnection: close\n\n',
        /"count":3/,
      ],
      [
        'a complete address',
        'GET http://127.0.0.1/auth/regions HTTP/1.1\nhost: x\nconnection: close\n\n',
        /^HTTP\/1\.1 200 OK/,
      ],
      ['no HTTP at all', 'hello\n\n', /^HTTP\/1\.1 400/],
      [
        'a path that climbs',
        'GET /gw/devices/../../auth/info HTTP/1.1\nhost: x\nauthorization: <token>\nconnection: close\n\n',
        /^HTTP\/1\.1 404[^]*Not found$/,
      ],
      [
        'a chunked body',
        'POST /gw/groups HTTP/1.1\nhost: x\nauthorization: <token>\ntransfer-encoding: chunked\nconnection: close\n\n10\n[{"name":"hand"}]\n'.replace(
          '10\n',
          '11\n',
        ) + '0\n\n',
        /"name":"hand"/,
      ],
      [
        'Expect: 100-continue',
        'POST /gw/groups HTTP/1.1\nhost: x\nauthorization: <token>\nexpect: 100-continue\ncontent-length: 17\nconnection: close\n\n[{"name":"wait"}]',
        /^HTTP\/1\.1 100 Continue[^]*HTTP\/1\.1 200[^]*"name":"wait"/,
      ],
      [
        'two requests in one packet',
        'GET /auth/regions HTTP/1.1\nhost: x\n\nGET /gw/nothing HTTP/1.1\nhost: x\nauthorization: <token>\nconnection: close\n\n',
        /200 OK[^]*404 Not Found/,
      ],
    ];
    for (const [title, request, expected] of requests) {
      it(title, async () => assert.match(await raw(request), expected));
    }
  });

  describe('curl and Python', () => {
    const messages = (): string => `gw/devices/${device}/messages`;
    const last = { count: 1, reverse: true, fields: 'timestamp' };

    it('the JSON of a read as its body, as a script of flespi sends it', async () => {
      const inQuery = await bench.get(messages(), { data: last });
      const inBody = await bench.call('GET', messages(), { body: last });
      assert.equal(inQuery.result.length, 1);
      assert.deepEqual(inBody.result, inQuery.result);
      const both = await bench.call('GET', messages(), { body: { count: 2 }, data: last });
      assert.deepEqual(both.result, inQuery.result, 'the query wins');
    });

    it('the content type of a form, which is what curl -d sends', async () => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const { result } = await bench.call('POST', 'gw/groups', { body: [{ name: 'curl' }], headers });
      assert.equal(result[0]?.['name'], 'curl');
    });

    it('a slash at the end', async () => {
      for (const path of [
        'gw/devices/all/?limit=1',
        'gw/channel-protocols/all/device-types/42,43/?fields=id,commands',
      ]) {
        assert.ok((await bench.get(path)).result.length > 0, path);
      }
    });

    it('names of fields with %2C for the commas', async () => {
      const { result } = await bench.get('gw/devices/all?fields=id%2Cname');
      assert.deepEqual(Object.keys(result[0] ?? {}), ['id', 'name']);
    });

    it('asks for compressed answers', async () => {
      const { http, token } = bench.sandbox;
      const plain = await fetch(`${http}/gw/devices/all`, {
        headers: { authorization: token, 'accept-encoding': 'identity' },
      });
      assert.equal(plain.headers.get('content-encoding'), null);
      const answer = await raw(
        'GET /gw/message-parameters/all HTTP/1.1\nhost: x\nauthorization: <token>\naccept-encoding: gzip, deflate\nconnection: close\n\n',
      );
      const end = answer.indexOf('\r\n\r\n');
      assert.match(answer.slice(0, end), /content-encoding: gzip/i);
      const body = gunzipSync(Buffer.from(answer.slice(end + 4), 'latin1')).toString();
      assert.ok((JSON.parse(body) as { result: unknown[] }).result.length > 10);
    });

    it('from, to and count as variables of their own are ignored', async () => {
      const { result } = await bench.get(`${messages()}?count=1&from=1`);
      assert.ok(result.length > 1);
    });

    it('a browser asks first', async () => {
      const headers = {
        origin: 'https://example.org',
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'authorization,x-flespi-cid',
      };
      const { status, headers: answer } = await bench.call('OPTIONS', 'gw/devices/all', { headers, token: '' });
      assert.equal(status, 204);
      assert.equal(answer['access-control-allow-origin'], '*');
      assert.match(String(answer['access-control-allow-methods']), /PUT/);
      assert.equal(answer['access-control-allow-headers'], 'authorization,x-flespi-cid');
    });
  });
});
