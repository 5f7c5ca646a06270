import assert from 'node:assert/strict';
import { getEventListeners, once, setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect } from 'node:net';
import { mock } from 'node:test';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { getGlobalDispatcher } from 'undici';
import type { Method, WireAnswer, WireCall } from '../../nodes/protocol/call';
import { FlespiError } from '../../nodes/protocol/flespi-error';
import { HttpTransport, type HttpTransportOptions } from '../../nodes/protocol/http-transport';
import { json, startHttpServer, startRawServer, type TestServer } from '../servers/misbehaving-server';
import { startTcpProxy } from '../servers/tcp-proxy';
import {
  certificate,
  expiredCertificate,
  futureCertificate,
  key,
  strangeCertificate,
} from '../servers/tls-certificate';

const token = 'canaryCANARY0123456789canaryCANARY0123456789canaryCANARY01234567';
const get: WireCall = { method: 'GET', path: 'gw/devices/all', query: 'fields=id' };

function call(method: Method): WireCall {
  return method === 'GET' ? get : { method, path: 'gw/devices/1', query: '', body: '{}' };
}

const settled: (() => unknown)[] = [];

function transportTo(server: Pick<TestServer, 'origin'>, options: Partial<HttpTransportOptions> = {}): HttpTransport {
  const transport = new HttpTransport({ origin: server.origin, token: () => token, ...options });
  settled.push(() => transport.close());
  return transport;
}

function send(
  transport: HttpTransport,
  asked = get,
  { signal = new AbortController().signal, timeout = 5000 } = {},
): Promise<WireAnswer> {
  return transport.send(asked, { signal, timeout });
}

async function failure(promise: Promise<unknown>): Promise<FlespiError> {
  try {
    await promise;
  } catch (error) {
    assert(error instanceof FlespiError);
    // Whatever happened, nothing that can be printed of it tells the token.
    assert(!inspect(error, { depth: 12, showHidden: true }).includes(token), error.code);
    assert(!JSON.stringify(error).includes(token));
    return error;
  }
  throw new assert.AssertionError({ message: 'it did not fail' });
}

async function server(...start: Parameters<typeof startHttpServer>): Promise<TestServer> {
  const started = await startHttpServer(...start);
  settled.push(() => started.close());
  return started;
}

async function rawServer(...start: Parameters<typeof startRawServer>): Promise<TestServer> {
  const started = await startRawServer(...start);
  settled.push(() => started.close());
  return started;
}

describe('HttpTransport', () => {
  afterEach(async () => {
    for (const end of settled.splice(0).reverse()) await end();
  });

  it('sends what flespi expects, the token once and in the header only', async () => {
    const fake = await server((_request, response) => json(response, { result: [] }));
    const transport = transportTo(fake, { token: () => ` FlespiToken ${token}\n`, app: 'x'.repeat(100) });
    await send(transport, { method: 'POST', path: 'gw/devices', query: 'fields=id', body: '[{"name":"ä"}]', cid: 42 });
    const [request] = fake.requests;
    assert.equal(request?.url, '/gw/devices?fields=id');
    assert.equal(request?.headers.authorization, `FlespiToken ${token}`);
    assert.equal(request?.headers['content-type'], 'application/json');
    assert.equal(request?.headers['x-flespi-cid'], '42');
    assert.equal(request?.headers['x-flespi-app'], 'x'.repeat(63));
    assert.equal(request?.body, '[{"name":"ä"}]');
  });

  it('gives the whole answer whatever its status', async () => {
    const fake = await server((_request, response) => json(response, '{"errors":[]}', 418, { 'x-note': 'tea' }));
    const answer = await send(transportTo(fake));
    assert.equal(answer.statusCode, 418);
    assert.equal(answer.text, '{"errors":[]}');
    assert.equal(answer.headers['x-note'], 'tea');
    assert.equal(answer.url, `${fake.origin}/gw/devices/all`);
  });

  it('keeps its connections to itself and leaves those of the process alone', async () => {
    const before = getGlobalDispatcher();
    const fake = await server((_request, response) => json(response, { result: [] }));
    const transport = transportTo(fake, { connections: 8 });
    const { signal } = new AbortController();
    setMaxListeners(0, signal);
    await Promise.all(Array.from({ length: 300 }, () => send(transport, get, { signal })));
    for (let index = 0; index < 300; index += 1) await send(transport, get, { signal });
    assert.equal(fake.requests.length, 600);
    assert(fake.connections.opened <= 8, String(fake.connections.opened));
    assert.equal(getGlobalDispatcher(), before);
  });

  it('leaves no listener on a signal that lives long, and warns of nothing', async () => {
    const warnings: Error[] = [];
    const warn = (warning: Error): void => void warnings.push(warning);
    process.on('warning', warn);
    const fake = await server((request, response) =>
      request.url.includes('bad') ? json(response, 'no', 500) : json(response, { result: [] }),
    );
    const transport = transportTo(fake);
    const { signal } = new AbortController();
    for (let index = 0; index < 1000; index += 1)
      await send(transport, index % 2 === 0 ? get : { ...get, path: 'bad' }, { signal });
    assert.equal(getEventListeners(signal, 'abort').length, 0);
    process.off('warning', warn);
    assert.deepEqual(warnings, []);
  });

  it('wants an origin and nothing more', () => {
    for (const origin of [
      '',
      'flespi.io',
      'ftp://flespi.io',
      'https://flespi.io/gw',
      'https://flespi.io?x=1',
      'https://flespi.io#x',
      'https://user:pass@flespi.io',
      '//flespi.io',
      'https://',
    ])
      assert.throws(
        () => new HttpTransport({ origin, token: () => token }),
        (error) => error instanceof FlespiError && error.code === 'FLESPI_BAD_INPUT',
        origin,
      );
  });

  it('sends nothing without a token that fits a header', async () => {
    const fake = await server((_request, response) => json(response, {}));
    for (const wrong of ['', '  ', 'FlespiToken ', 'a\r\nhost: b', 'ä', 'a b'])
      assert.equal((await failure(send(transportTo(fake, { token: () => wrong })))).code, 'FLESPI_NO_TOKEN');
    assert.equal(fake.requests.length, 0);
  });

  it('follows no redirect', async () => {
    const elsewhere = await server((_request, response) => json(response, {}));
    for (const status of [301, 302, 307, 308]) {
      const fake = await server((_request, response) => {
        response.writeHead(status, { location: elsewhere.origin });
        response.end();
      });
      assert.equal((await send(transportTo(fake))).statusCode, status);
    }
    assert.equal(elsewhere.requests.length, 0);
  });

  describe('when the way is bad', () => {
    it('refused: nothing was sent', async () => {
      const fake = await startHttpServer(() => undefined);
      await fake.close();
      for (const method of ['GET', 'POST'] as const) {
        const error = await failure(send(transportTo(fake), call(method)));
        assert.equal(error.code, 'FLESPI_CONNECTION_FAILED');
        assert.equal(error.params['problem'], 'refused');
      }
    });

    it('unknown host, then good: the next request finds it (C18)', async () => {
      const fake = await server((_request, response) => json(response, { result: [] }));
      let known = false;
      const transport = transportTo(
        { origin: `http://flespi.invalid:${fake.port}` },
        {
          proxy: false,
          lookup: (_host, options, callback) => {
            const error: NodeJS.ErrnoException = Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
            if (!known) callback(error, '');
            else if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
            else callback(null, '127.0.0.1', 4);
          },
        },
      );
      const error = await failure(send(transport));
      assert.equal(error.code, 'FLESPI_CONNECTION_FAILED');
      assert.equal(error.params['problem'], 'unknown-host');
      known = true;
      assert.equal((await send(transport)).statusCode, 200);
    });

    it('reset before the answer: a read failed, a write may have run', async () => {
      const fake = await server((_request, _response, incoming) => void incoming.socket.resetAndDestroy());
      assert.equal((await failure(send(transportTo(fake)))).code, 'FLESPI_CONNECTION_FAILED');
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
        const error = await failure(send(transportTo(fake), call(method)));
        assert.equal(error.code, 'FLESPI_OUTCOME_UNKNOWN');
        assert.equal(error.params['problem'], 'lost');
        assert.equal(error.attempted, `${method} gw/devices/1`);
      }
    });

    it('no headers: a deadline for them', async () => {
      const fake = await server(() => undefined);
      const began = performance.now();
      const error = await failure(send(transportTo(fake, { headersTimeout: 200 })));
      assert.equal(error.code, 'FLESPI_TIMEOUT');
      assert.equal(error.params['problem'], 'headers');
      assert(performance.now() - began < 2200);
      const write = await failure(send(transportTo(fake, { headersTimeout: 200 }), call('POST')));
      assert.equal(write.code, 'FLESPI_OUTCOME_UNKNOWN');
    });

    it('a body that pauses: a deadline between its pieces', async () => {
      const fake = await server((_request, response) => {
        response.writeHead(200);
        response.write('{"result":[');
      });
      const error = await failure(send(transportTo(fake, { bodyTimeout: 200 })));
      assert.equal(error.code, 'FLESPI_TIMEOUT');
      assert.equal(error.params['problem'], 'body');
    });

    it('a body that drips: a deadline for all of it', async () => {
      const fake = await server((_request, response) => {
        response.writeHead(200);
        const drip = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(drip));
      });
      const began = performance.now();
      const error = await failure(send(transportTo(fake), get, { timeout: 300 }));
      assert.equal(error.code, 'FLESPI_TIMEOUT');
      assert.deepEqual(error.params, { problem: 'total', seconds: 0.3 });
      const took = performance.now() - began;
      assert(took >= 290 && took < 1300, String(took));
    });

    it('a black hole: the connection attempt ends', async () => {
      const behind = await server((_request, response) => json(response, {}));
      const hole = await startTcpProxy(behind.port, { blackHole: true });
      settled.push(() => hole.close());
      const transport = transportTo({ origin: `http://127.0.0.1:${hole.port}` }, { headersTimeout: 300 });
      assert.equal((await failure(send(transport))).code, 'FLESPI_TIMEOUT');
      hole.weather.blackHole = false;
      assert.equal((await send(transport)).statusCode, 200);
    });

    it('a queue behind a hanging request: those who wait end too', async () => {
      const fake = await server(() => undefined);
      const transport = transportTo(fake, { connections: 1 });
      const errors = await Promise.all([1, 2, 3].map(() => failure(send(transport, get, { timeout: 150 }))));
      assert.deepEqual(
        errors.map(({ code }) => code),
        ['FLESPI_TIMEOUT', 'FLESPI_TIMEOUT', 'FLESPI_TIMEOUT'],
      );
    });

    it('a write that waited for its turn in vain did not run', async () => {
      const fake = await server(() => undefined);
      const transport = transportTo(fake, { connections: 1 });
      const first = failure(send(transport, get, { timeout: 200 }));
      const second = await failure(send(transport, call('POST'), { timeout: 100 }));
      assert.equal(second.code, 'FLESPI_TIMEOUT');
      await first;
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.deepEqual(
        fake.requests.map(({ method }) => method),
        ['GET'],
      );
    });

    /** [certificate, host, certificate, options, what it is called; nothing when it must work]. */
    const certificates: [string, string, string, HttpTransportOptions['tls'], string | undefined][] = [
      ['that we know', 'localhost', certificate, { ca: certificate }, undefined],
      ['that nobody signed', 'localhost', certificate, {}, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
      ['for another name', '127.0.0.1', certificate, { ca: certificate }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
      ['that expired', 'localhost', expiredCertificate, { ca: expiredCertificate }, 'CERT_HAS_EXPIRED'],
      ['that is not valid yet', 'localhost', futureCertificate, { ca: futureCertificate }, 'CERT_NOT_YET_VALID'],
      [
        'of an authority that is not trusted',
        'localhost',
        strangeCertificate,
        { ca: certificate },
        'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      ],
      ['that the author accepts unseen', '127.0.0.1', expiredCertificate, { rejectUnauthorized: false }, undefined],
    ];
    for (const [title, host, cert, tls, reason] of certificates) {
      it(`a certificate ${title}${reason ? '' : ' is good'} (C15)`, async () => {
        const secure = createSecureServer({ key, cert }, (_request, response) => json(response, { result: [] }));
        secure.listen(0, '127.0.0.1');
        await once(secure, 'listening');
        settled.push(() => void secure.close());
        const address = secure.address();
        assert(address !== null && typeof address === 'object');
        const transport = transportTo({ origin: `https://${host}:${address.port}` }, { tls, proxy: false });
        if (reason === undefined) {
          assert.equal((await send(transport)).statusCode, 200);
          return;
        }
        const error = await failure(send(transport, call('POST')));
        assert.equal(error.code, 'FLESPI_CONNECTION_FAILED');
        assert.deepEqual([error.params['problem'], error.params['reason']], ['certificate', reason]);
      });
    }

    it('plain HTTP where TLS was expected', async () => {
      const fake = await server((_request, response) => json(response, {}));
      const error = await failure(send(transportTo({ origin: `https://127.0.0.1:${fake.port}` })));
      assert.equal(error.code, 'FLESPI_CONNECTION_FAILED');
      assert(['not-tls', 'lost'].includes(String(error.params['problem'])));
    });
  });

  describe('when the answer is bad', () => {
    const raws: [string, string, string][] = [
      [
        'length promised and not kept',
        'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"result":[',
        'FLESPI_INCOMPLETE_ANSWER',
      ],
      [
        'chunks without end',
        'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"res\r\n',
        'FLESPI_INCOMPLETE_ANSWER',
      ],
      ['no HTTP at all', 'SSH-2.0-OpenSSH_9\r\n\r\n', 'FLESPI_BAD_ANSWER'],
      ['headers that never end', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}`, 'FLESPI_ANSWER_TOO_LARGE'],
    ];
    for (const [title, text, code] of raws) {
      it(title, async () => {
        const fake = await rawServer((socket) => socket.end(text));
        assert.equal((await failure(send(transportTo(fake)))).code, code);
      });
    }

    it('a broken answer to a write: it has run', async () => {
      const fake = await rawServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"result":['));
      const error = await failure(send(transportTo(fake), call('POST')));
      assert.equal(error.code, 'FLESPI_INCOMPLETE_ANSWER');
      assert.equal(error.statusCode, 200);
    });

    it('a body without length that ends early is given as it is, for the judge', async () => {
      const fake = await rawServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n{"result":['));
      assert.equal((await send(transportTo(fake))).text, '{"result":[');
    });

    it('a body without end', async () => {
      const fake = await server((_request, response) => {
        response.writeHead(200);
        const piece = Buffer.alloc(65_536, ' ');
        const pour = (): void => {
          while (response.write(piece));
        };
        response.on('drain', pour);
        pour();
      });
      const error = await failure(send(transportTo(fake, { maxBodyBytes: 1_000_000 })));
      assert.equal(error.code, 'FLESPI_ANSWER_TOO_LARGE');
      assert.equal(error.params['limit'], 1_000_000);
      while (fake.connections.open.size > 0) await new Promise(setImmediate);
    });

    it('a length beyond the limit: not even begun', async () => {
      const fake = await rawServer((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n'));
      assert.equal((await failure(send(transportTo(fake)))).code, 'FLESPI_ANSWER_TOO_LARGE');
    });

    it('gzip: inflated', async () => {
      const fake = await server((_request, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' });
        response.end(gzipSync('{"result":["ä"]}'));
      });
      assert.equal((await send(transportTo(fake))).text, '{"result":["ä"]}');
      assert.equal(fake.requests[0]?.headers['accept-encoding'], 'gzip');
    });

    it('gzip: bounded after inflation, and memory with it', async () => {
      const bomb = gzipSync(Buffer.alloc(50_000_000));
      const fake = await server((_request, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' });
        response.end(bomb);
      });
      const before = process.memoryUsage().rss;
      const error = await failure(send(transportTo(fake, { maxBodyBytes: 1_000_000 })));
      assert.equal(error.code, 'FLESPI_ANSWER_TOO_LARGE');
      assert(process.memoryUsage().rss - before < 40_000_000);
    });

    const encodings: [string, Buffer, string][] = [
      ['gzip', gzipSync('{"result":[]}').subarray(0, 20), 'FLESPI_INCOMPLETE_ANSWER'],
      ['gzip', Buffer.from('{"result":[]}'), 'FLESPI_BAD_ANSWER'],
      ['gzip, gzip', gzipSync(gzipSync('{}')), 'FLESPI_BAD_ANSWER'],
      ['br', Buffer.from('x'), 'FLESPI_BAD_ANSWER'],
    ];
    for (const [encoding, body, code] of encodings) {
      it(`encoding ${encoding} with ${body.length} bytes: ${code}`, async () => {
        const fake = await server((_request, response) => {
          response.writeHead(200, { 'content-encoding': encoding });
          response.end(body);
        });
        assert.equal((await failure(send(transportTo(fake)))).code, code);
      });
    }

    it('errors do not use up the sockets', async () => {
      const fake = await server((request, response) => {
        if (request.url.includes('big')) json(response, ' '.repeat(2000));
        else json(response, { result: [] });
      });
      const transport = transportTo(fake, { connections: 1, maxBodyBytes: 1000 });
      for (let index = 0; index < 50; index += 1) {
        assert.equal((await failure(send(transport, { ...get, path: 'big' }))).code, 'FLESPI_ANSWER_TOO_LARGE');
        assert.equal((await send(transport)).statusCode, 200);
      }
    });
  });

  describe('ends', () => {
    it('a request at once when its signal is aborted', async () => {
      const fake = await server(() => undefined);
      const transport = transportTo(fake);
      const controller = new AbortController();
      const read = failure(send(transport, get, { signal: controller.signal }));
      const write = failure(send(transport, call('POST'), { signal: controller.signal }));
      while (fake.requests.length < 2) await new Promise(setImmediate);
      const began = performance.now();
      controller.abort();
      assert.equal((await read).code, 'FLESPI_ABORTED');
      assert.equal((await write).code, 'FLESPI_OUTCOME_UNKNOWN');
      assert(performance.now() - began < 100);
      assert.equal((await failure(send(transport, get, { signal: controller.signal }))).code, 'FLESPI_ABORTED');
    });

    it('everything within its bound when it closes, twice as well', async () => {
      const fake = await server(() => undefined);
      const transport = transportTo(fake);
      const errors = [failure(send(transport)), failure(send(transport, call('DELETE')))];
      while (fake.requests.length < 2) await new Promise(setImmediate);
      const began = performance.now();
      await Promise.all([transport.close(), transport.close()]);
      assert.deepEqual(
        (await Promise.all(errors)).map(({ code }) => code),
        ['FLESPI_ABORTED', 'FLESPI_OUTCOME_UNKNOWN'],
      );
      assert(performance.now() - began < 1000);
      assert.equal((await failure(send(transport))).code, 'FLESPI_ABORTED');
    });

    it('with no request sent', async () => {
      await new HttpTransport({ origin: 'https://flespi.invalid', token: () => token }).close();
    });

    it('old connections, so that a host that moved is found, without hurting what is under way (C18)', async () => {
      const waiting: (() => void)[] = [];
      const fake = await server((request, response) => {
        if (request.url.includes('slow')) waiting.push(() => json(response, { result: ['slow'] }));
        else json(response, { result: [] });
      });
      const transport = transportTo(fake, { connectionAge: 50, connections: 2 });
      const slow = send(transport, { ...get, path: 'slow' });
      await send(transport);
      while (waiting.length === 0) await new Promise(setImmediate);
      const before = fake.connections.opened;
      await new Promise((resolve) => setTimeout(resolve, 80));
      await send(transport);
      assert.equal(fake.connections.opened, before + 1);
      waiting[0]?.();
      assert.match((await slow).text, /slow/);
    });
  });

  it('connections are used for ten minutes when nobody says otherwise (C18)', async () => {
    const fake = await server((_request, response) => json(response, { result: [] }));
    const transport = transportTo(fake);
    const real = performance.now.bind(performance);
    await send(transport);
    const opened: number[] = [];
    for (const minutes of [9.9, 10.1]) {
      // The socket is free.
      await new Promise(setImmediate);
      // For the transport alone: undici measures too, and would end what idles.
      const later = mock.method(performance, 'now', () => real() + minutes * 60_000);
      const answer = send(transport);
      later.mock.restore();
      await answer;
      opened.push(fake.connections.opened);
    }
    assert.deepEqual(opened, [1, 2]);
  });

  describe('through a proxy', () => {
    /** Takes CONNECT, as proxies do for anything that they are not to read. */
    async function startProxy(answer = 'HTTP/1.1 200 OK\r\n\r\n'): Promise<{ port: number; seen: IncomingMessage[] }> {
      const seen: IncomingMessage[] = [];
      const proxy = createServer();
      const sockets = new Set<{ destroy: () => void }>();
      proxy.on('connect', (incoming: IncomingMessage, socket, head: Buffer) => {
        seen.push(incoming);
        sockets.add(socket);
        if (!answer.includes('200')) {
          socket.end(answer);
          return;
        }
        const [host, port] = String(incoming.url).split(':');
        const target = connect(Number(port), host, () => {
          socket.write(answer);
          target.write(head);
          target.pipe(socket);
          socket.pipe(target);
        });
        sockets.add(target);
        for (const end of [target, socket]) end.on('error', () => undefined);
      });
      proxy.listen(0, '127.0.0.1');
      await once(proxy, 'listening');
      settled.push(async () => {
        for (const socket of sockets) socket.destroy();
        proxy.close();
        await once(proxy, 'close');
      });
      const address = proxy.address();
      assert(address !== null && typeof address === 'object');
      return { port: address.port, seen };
    }

    it('with its credentials, and without the token on its way there', async () => {
      const fake = await server((_request, response) => json(response, { result: [] }));
      const proxy = await startProxy();
      const transport = transportTo(fake, {
        proxy: { url: `http://127.0.0.1:${proxy.port}`, username: 'u', password: 'p' },
      });
      assert.equal((await send(transport)).statusCode, 200);
      const [asked] = proxy.seen;
      assert.equal(asked?.url, `127.0.0.1:${fake.port}`);
      assert.equal(asked?.headers['proxy-authorization'], `Basic ${Buffer.from('u:p').toString('base64')}`);
      assert(!JSON.stringify(asked?.rawHeaders).includes(token));
      assert.equal(fake.requests[0]?.headers['proxy-authorization'], undefined);
    });

    it('from the environment, except for hosts that it exempts', async () => {
      const fake = await server((_request, response) => json(response, { result: [] }));
      const proxy = await startProxy();
      const { http_proxy: before, no_proxy: exempt } = process.env;
      try {
        process.env['http_proxy'] = `http://127.0.0.1:${proxy.port}`;
        delete process.env['no_proxy'];
        await send(transportTo(fake));
        assert.equal(proxy.seen.length, 1);
        process.env['no_proxy'] = '127.0.0.1';
        await send(transportTo(fake));
        assert.equal(proxy.seen.length, 1);
      } finally {
        restore('http_proxy', before);
        restore('no_proxy', exempt);
      }
    });

    it('that says no', async () => {
      const fake = await server((_request, response) => json(response, { result: [] }));
      const proxy = await startProxy('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
      const transport = transportTo(fake, { proxy: { url: `http://127.0.0.1:${proxy.port}` } });
      const error = await failure(send(transport, call('POST')));
      assert.equal(error.code, 'FLESPI_CONNECTION_FAILED');
      assert.equal(error.params['problem'], 'proxy');
      assert.equal(fake.requests.length, 0);
    });

    it('that never answers', async () => {
      const fake = await server((_request, response) => json(response, { result: [] }));
      const silent = await rawServer(() => undefined);
      const transport = transportTo(fake, { proxy: { url: silent.origin }, connectTimeout: 300 });
      const began = performance.now();
      const error = await failure(send(transport));
      assert(['FLESPI_CONNECTION_FAILED', 'FLESPI_TIMEOUT'].includes(error.code));
      assert(performance.now() - began < 3000);
    });

    function restore(name: string, value: string | undefined): void {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
});
