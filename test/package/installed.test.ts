import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox';
import { startNodeRed, type NodeRedProcess } from '../servers/node-red';
import { installNodeRed, languages, packTarball, userDirWith, type NodeRedVersion } from '../servers/packed';

const root = join(__dirname, '..', '..');
const name = '@flespi-flows/node-red-contrib-flespi';
const sets = ['flespi-config', 'flespi-request', 'flespi-subscribe', 'flespi-rpc'];

const versions: NodeRedVersion[] = [{ nodeRed: '4.1.15' }, { nodeRed: '5.0.7', node: '22.23.3' }];

/** What the demo flow's page is fed with. */
interface FleetState {
  devices: number;
  messages: number;
  rpc: number;
  updated: number;
}

async function until<T>(probe: () => Promise<T | undefined>, seconds: number): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (Date.now() > end) throw new Error(`not within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

describe('the packed tarball, installed as a user would', () => {
  let folder: string;
  let tarball: string;
  let sandbox: Sandbox;

  before(async function () {
    this.timeout(120_000);
    folder = mkdtempSync(join(tmpdir(), 'flespi-tarball-'));
    tarball = packTarball(folder).file;
    sandbox = await startSandbox({ devices: 12, rate: 20, seed: 7 });
  });
  after(async () => {
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const version of versions) {
    describe(`in Node-RED ${version.nodeRed} on Node.js ${version.node ?? process.versions.node}`, () => {
      let nodeRed: NodeRedProcess;
      let userDir: string;

      before(async function () {
        this.timeout(240_000);
        const { accountFor } = await import('../../scripts/demo/account-for.mjs');
        const demo = JSON.parse(readFileSync(join(root, 'examples', 'demo.json'), 'utf8')) as {
          id: string;
          type: string;
        }[];
        const flows = demo.map((node) => (node.type === 'flespi-config' ? { ...node, ...accountFor(sandbox) } : node));
        const account = demo.find((node) => node.type === 'flespi-config');
        assert.ok(account);
        const runtime = installNodeRed(version);
        userDir = userDirWith(tarball);
        nodeRed = await startNodeRed({
          ...runtime,
          userDir,
          flows,
          credentials: { [account.id]: { token: sandbox.token } },
        });
      });
      after(async () => {
        await nodeRed?.stop();
        if (userDir) rmSync(userDir, { recursive: true, force: true });
      });

      const get = async (path: string, headers: Record<string, string> = {}): Promise<Response> => {
        const response = await fetch(`${nodeRed.url}/${path}`, { headers });
        assert.equal(response.status, 200, path);
        return response;
      };

      it('registers the four node types without an error', async () => {
        const list = (await (await get('nodes', { Accept: 'application/json' })).json()) as {
          module: string;
          types: string[];
          err?: string;
          enabled: boolean;
        }[];
        const ours = list.filter((set) => set.module === name);
        assert.deepEqual(ours.flatMap((set) => set.types).sort(), [...sets].sort());
        for (const set of ours) assert.deepEqual([set.err, set.enabled], [undefined, true]);
      });

      it('serves the icon', async () => {
        const icons = (await (await get('icons')).json()) as Record<string, string[]>;
        assert.ok((icons[name] ?? []).length > 0);
        for (const icon of icons[name] ?? []) await get(`icons/${name}/${icon}`);
      });

      it('serves messages and help in every language', async () => {
        for (const language of languages()) {
          for (const set of sets) {
            const messages = (await (await get(`nodes/${name}/${set}/messages?lng=${language}`)).json()) as object;
            assert.ok(JSON.stringify(messages).length > 50, `${set} ${language}`);
          }
          const html = await (await get('nodes', { Accept: 'text/html', 'Accept-Language': language })).text();
          for (const set of sets) assert.ok(html.includes(`data-help-name="${set}"`), `help of ${set} in ${language}`);
        }
      });

      it('offers the examples', async () => {
        const listing = (await (await get(`library/examples/flows/${name}`)).json()) as (string | { fn: string })[];
        const names = listing.map((entry) => (typeof entry === 'string' ? entry : entry.fn));
        for (const example of ['demo', 'flespi-request', 'flespi-subscribe', 'flespi-rpc']) {
          assert.ok(
            names.some((entry) => entry.replace(/\.json$/, '') === example),
            `${example} in ${names.join(', ')}`,
          );
          await get(`library/examples/flows/${name}/${example}`);
        }
      });

      it('runs the demo flow: devices, live messages and RPC answers arrive', async function () {
        this.timeout(40_000);
        const state = await until(async () => {
          const response = await fetch(`${nodeRed.url}/fleet/state`);
          if (!response.ok) return undefined;
          const now = (await response.json()) as FleetState;
          return now.devices === 12 && now.messages > 0 && now.rpc > 0 ? now : undefined;
        }, 30);
        assert.ok(Math.abs(state.updated - Date.now() / 1000) < 60);
        assert.match(await (await get('fleet')).text(), /<canvas|<svg/);
        assert.doesNotMatch(nodeRed.log(), /\[error\]/);
      });
    });
  }
});
