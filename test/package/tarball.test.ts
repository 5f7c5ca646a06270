import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { languages, packTarball, type Tarball } from '../servers/packed';

const root = join(__dirname, '..', '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
  engines: { node: string };
  scripts: Record<string, string>;
  'node-red': { nodes: Record<string, string> };
};
const sets = Object.keys(manifest['node-red'].nodes);

describe('the published package', () => {
  let folder: string;
  let tarball: Tarball;

  before(function () {
    this.timeout(60_000);
    folder = mkdtempSync(join(tmpdir(), 'flespi-tarball-'));
    tarball = packTarball(folder);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('is under 300 kB', () => {
    assert.ok(tarball.size < 300_000, `${tarball.size} bytes`);
  });

  it('has at most 4 runtime dependencies and runs nothing when it is installed', () => {
    assert.ok(Object.keys(manifest.dependencies).length <= 4);
    for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) {
      assert.equal(manifest.scripts[script], undefined);
    }
  });

  it('holds the built nodes, the examples and the papers, and nothing else', () => {
    const stray = tarball.files.filter(
      (file) => !/^(dist\/|examples\/[^/]+\.json$|package\.json$|README\.md$|LICENSE$|CHANGELOG\.md$)/.test(file),
    );
    assert.deepEqual(stray, []);
    assert.deepEqual(
      tarball.files.filter((file) => /\.(ts|mts|map)$|(^|\/)(test|sandbox|scripts)\//.test(file)),
      [],
    );
  });

  it('has script, dialog, messages and help of every node in every language', () => {
    assert.deepEqual(sets, ['flespi-config', 'flespi-request', 'flespi-subscribe', 'flespi-rpc']);
    for (const set of sets) {
      assert.equal(manifest['node-red'].nodes[set], `dist/${set}.js`);
      for (const file of [`dist/${set}.js`, `dist/${set}.html`]) assert.ok(tarball.files.includes(file), file);
      for (const language of languages()) {
        for (const kind of ['json', 'html']) {
          const file = `dist/locales/${language}/${set}.${kind}`;
          assert.ok(tarball.files.includes(file), file);
        }
      }
    }
  });

  it('has the icons that the nodes name, beside their scripts', () => {
    const icons = readdirSync(join(root, 'icons')).map((icon) => `dist/icons/${icon}`);
    assert.ok(icons.length > 0);
    for (const icon of icons) assert.ok(tarball.files.includes(icon), icon);
    for (const set of sets.slice(1)) {
      const html = readFileSync(join(root, 'dist', `${set}.html`), 'utf8');
      const named = /\bicon:\s*["']([\w-]+\.(?:svg|png))["']/.exec(html)?.[1];
      assert.ok(named && tarball.files.includes(`dist/icons/${named}`), `${set}: ${named}`);
    }
  });

  it('admits the oldest Node.js of each Node-RED that it supports', () => {
    assert.match(manifest.engines.node, /^>=20$/);
  });
});

describe('the examples', () => {
  type FlowNode = { id: string; type: string; credentials?: unknown; [property: string]: unknown };
  const files = readdirSync(join(root, 'examples')).filter((file) => file.endsWith('.json'));
  const flows = new Map(
    files.map((file) => [file, JSON.parse(readFileSync(join(root, 'examples', file), 'utf8')) as FlowNode[]]),
  );

  // Confirming needs a session that the broker keeps: an account of its own, beside the one that the others share.
  const accountOf = new Map([['flespi-subscribe-confirm.json', 'f1e5b1f1e5b1f1e6']]);

  it('use every node type of the package', () => {
    const used = new Set([...flows.values()].flat().map((node) => node.type));
    for (const set of sets) assert.ok(used.has(set), set);
  });

  for (const [file, flow] of flows) {
    it(`${file} imports cleanly: one tab, a comment, the shared account, unique ids, no secret`, () => {
      const ids = flow.map((node) => node.id);
      assert.equal(new Set(ids).size, ids.length);
      assert.equal(flow.filter((node) => node.type === 'tab').length, 1);
      assert.ok(flow.some((node) => node.type === 'comment'));
      const accounts = flow.filter((node) => node.type === 'flespi-config');
      assert.deepEqual(
        accounts.map((account) => [account.id, account['tokenSet']]),
        [[accountOf.get(file) ?? 'f1e5b1f1e5b1f1e5', false]],
      );
      assert.ok(flow.every((node) => node.credentials === undefined));
      const known =
        /^(tab|group|comment|inject|debug|function|change|switch|template|join|split|batch|delay|trigger|catch|complete|status|link (in|out|call)|http (in|response|request)|mqtt (in|out)|mqtt-broker|flespi-(config|request|subscribe|rpc))$/;
      for (const node of flow) assert.match(node.type, known);
      const wires = flow.flatMap((node) => ((node['wires'] as string[][] | undefined) ?? []).flat());
      for (const wire of wires) assert.ok(ids.includes(wire), `wire to ${wire}`);
    });
  }
});
