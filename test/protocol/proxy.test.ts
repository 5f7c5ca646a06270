import assert from 'node:assert/strict';
import { chooseProxy, proxyOfEnvironment } from '../../nodes/protocol/proxy';

const proxy = 'http://proxy.test:3128';

const exempt: [string, string[], boolean][] = [
  ['https://flespi.io', [], false],
  ['https://flespi.io', ['flespi.io'], true],
  ['https://flespi.io', ['.flespi.io'], true],
  ['https://ru.flespi.io', ['flespi.io'], true],
  ['https://ru.flespi.io', ['*.flespi.io'], true],
  ['https://notflespi.io', ['flespi.io'], false],
  ['https://flespi.io', ['*'], true],
  ['https://flespi.io', ['flespi.io:443'], true],
  ['https://flespi.io', ['flespi.io:8443'], false],
  ['http://127.0.0.1:8080', ['127.0.0.1'], true],
  ['http://127.0.0.1:8080', ['127.0.0.1:8080'], true],
  ['https://FLESPI.io', [' Flespi.IO '], true],
  ['https://flespi.io', [''], false],
];

describe('proxy', () => {
  for (const [origin, noProxy, without] of exempt) {
    it(`${origin} with no_proxy ${JSON.stringify(noProxy)}`, () => {
      assert.equal(chooseProxy(origin, { url: proxy, noProxy }) === undefined, without);
    });
  }

  it('takes credentials from the setting or from the address, and keeps them out of it', () => {
    assert.deepEqual(chooseProxy('https://flespi.io', { url: proxy, username: 'u', password: 'p:w' }), {
      uri: proxy,
      authorization: `Basic ${Buffer.from('u:p:w').toString('base64')}`,
    });
    assert.deepEqual(chooseProxy('https://flespi.io', { url: 'http://u%40x:p@proxy.test:3128' }), {
      uri: proxy,
      authorization: `Basic ${Buffer.from('u@x:p').toString('base64')}`,
    });
    assert.deepEqual(chooseProxy('https://flespi.io', { url: 'proxy.test:3128' }), { uri: proxy });
  });

  it('refuses an address that is none, without repeating it', () => {
    assert.throws(
      () => chooseProxy('https://flespi.io', { url: 'http://user:secret@[' }),
      (error) => error instanceof Error && !error.message.includes('secret'),
    );
  });

  it('reads the environment as every tool does', () => {
    const read = (origin: string, environment: NodeJS.ProcessEnv): string | undefined =>
      chooseProxy(origin, proxyOfEnvironment(origin, environment))?.uri;
    assert.equal(read('https://flespi.io', { HTTPS_PROXY: proxy }), proxy);
    assert.equal(read('https://flespi.io', { https_proxy: proxy }), proxy);
    assert.equal(read('https://flespi.io', { HTTP_PROXY: proxy }), undefined);
    assert.equal(read('http://flespi.io', { HTTP_PROXY: proxy }), proxy);
    assert.equal(read('https://flespi.io', { ALL_PROXY: proxy }), proxy);
    assert.equal(read('https://flespi.io', { HTTPS_PROXY: proxy, NO_PROXY: 'a.test, flespi.io' }), undefined);
    assert.equal(read('https://flespi.io', {}), undefined);
  });
});
