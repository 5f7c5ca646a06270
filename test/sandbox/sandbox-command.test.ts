import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once, type EventEmitter } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { connectAsync } from 'mqtt';
import { request } from 'undici';

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** `npm run sandbox` without npm. */
function run(...options: string[]): ChildProcess & { output: Ended } {
  const child = spawn(process.execPath, ['--import', 'tsx', 'sandbox/main.ts', ...options], { stdio: 'pipe' });
  const output: Ended = { code: null, stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  return Object.assign(child, { output });
}

async function ended(...options: string[]): Promise<Ended> {
  const child = run(...options);
  const [code] = (await once(child, 'close')) as [number | null];
  return { ...child.output, code };
}

describe('npm run sandbox', function () {
  this.timeout(30_000);

  it('prints one line when it is ready, and runs until it is told to end', async () => {
    const child = run('--devices', '5', '--rate', '50', '--token', 'a-token-of-my-own', '--seed', '4');
    while (!child.output.stdout.includes('\n')) await once(child.stdout as NodeJS.ReadableStream, 'data');
    const ready = JSON.parse(child.output.stdout) as Record<'http' | 'mqtt' | 'ws' | 'token', string>;
    assert.deepEqual(Object.keys(ready), ['http', 'mqtt', 'ws', 'token']);
    assert.equal(ready.token, 'a-token-of-my-own');
    const answer = await request(`${ready.http}/gw/devices/all`, { headers: { authorization: ready.token } });
    assert.equal(((await answer.body.json()) as { result: unknown[] }).result.length, 5);
    for (const url of [ready.mqtt, ready.ws]) {
      const client = await connectAsync(url, { username: ready.token });
      await client.subscribeAsync('flespi/message/gw/devices/+');
      await once(client as unknown as EventEmitter, 'message');
      await client.endAsync();
    }
    child.kill('SIGINT');
    const [code] = (await once(child, 'close')) as [number | null];
    assert.equal(code, 0);
    assert.equal(child.output.stdout.trim().split('\n').length, 1);
    assert.equal(child.output.stderr, '');
  });

  it('says how it is used', async () => {
    const { code, stdout } = await ended('--help');
    assert.equal(code, 0);
    for (const option of [
      '--http-port',
      '--mqtt-port',
      '--ws-port',
      '--devices',
      '--rate',
      '--token',
      '--seed',
      '--admin',
      '--key',
      '--cert',
    ]) {
      assert.ok(stdout.includes(option), option);
    }
  });

  const mistakes: [options: string[], sentence: RegExp][] = [
    [['--http-port', 'x'], /^--http-port must be a number from 0 to 65535, got "x"\.\n$/],
    [['--http-port', '70000'], /^--http-port must be a number from 0 to 65535/],
    [['--devices', '1.5'], /^--devices must be a whole number, got "1.5"\.\n$/],
    [['--rate', '-1'], /--rate/],
    [['--token', 'short'], /^--token must be 16 letters/],
    [['--nonsense'], /^Unknown option '--nonsense'\. See npm run sandbox -- --help\.\n$/],
    [['stray'], /^Unexpected argument 'stray'\. .*See npm run sandbox -- --help\.\n$/],
    [['--key', 'a.pem'], /^Give --key and --cert together/],
    [['--key', 'no-such.pem', '--cert', 'no-such.pem'], /^--key: no-such\.pem cannot be read/],
    [['--key', 'package.json', '--cert', 'package.json'], /PEM/],
  ];
  for (const [options, sentence] of mistakes) {
    it(`one sentence for ${options.join(' ')}`, async () => {
      const { code, stdout, stderr } = await ended(...options);
      assert.equal(code, 1);
      assert.match(stderr, sentence);
      assert.equal(stderr.trim().split('\n').length, 1);
      assert.equal(stdout, '');
    });
  }

  it('one sentence for a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    for (const option of ['--http-port', '--mqtt-port', '--ws-port']) {
      const { code, stderr } = await ended(option, String(port), '--devices', '0');
      assert.equal(code, 1);
      assert.equal(stderr, `Port ${port} is in use; choose another one, or 0 for any free one.\n`);
    }
    server.close();
  });
});
