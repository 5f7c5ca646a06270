import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox';
import { launchChromium } from '../servers/chromium';
import { describeWith } from '../servers/describe-with';
import { linkedUserDir } from '../servers/linked-user-dir';
import { startNodeRed, type NodeRedProcess } from '../servers/node-red';

const root = join(__dirname, '..', '..');
const account = 'f1e5b1f1e5b1f1e5';

interface FlowNode {
  id: string;
  type: string;
  template?: string;
  [property: string]: unknown;
}

/** What the page tells tests about its marks. */
interface Mark {
  id: number;
  state: string;
  heading: number;
  x: number;
  y: number;
}

const readExample = (): string => readFileSync(join(root, 'examples', 'demo.json'), 'utf8');
const demo = JSON.parse(readExample()) as FlowNode[];

function demoFor(sandbox: Sandbox | undefined): FlowNode[] {
  const addresses = sandbox ? { region: 'own', restUrl: sandbox.http, mqttUrl: sandbox.mqtt, tokenSet: true } : {};
  return demo.map((node) => (node.type === 'flespi-config' ? { ...node, ...addresses } : node));
}

describe('demo: the example', () => {
  it('is what the sources in scripts/demo make', async () => {
    const { demoExample } = await import('../../scripts/demo/demo-example.mjs');
    assert.ok(readExample() === (await demoExample()), 'run: node scripts/demo/build-demo-flow.mjs');
  });

  it('has a page that needs nothing from elsewhere', () => {
    const page = demo.find((node) => node.type === 'template')?.template ?? '';
    const addresses = [...page.matchAll(/(?:https?:)?\/\/[a-z0-9.-]+\.[a-z]{2,}/gi)].map(([address]) => address);
    assert.deepEqual([...new Set(addresses)], ['http://www.w3.org']);
    assert.doesNotMatch(page, /<script[^>]*src=|<link[^>]*href="(?!data:)|@import/);
  });

  it('sets every property that the dialogs of our nodes know', () => {
    for (const node of demo.filter(({ type }) => type.startsWith('flespi-'))) {
      const dialog = readFileSync(join(root, 'nodes', `${node.type}.editor.mts`), 'utf8');
      const defaults = dialog.slice(
        dialog.indexOf('defaults: {'),
        dialog.indexOf('\n  },', dialog.indexOf('defaults: {')),
      );
      const names = [...defaults.matchAll(/^ {4}(\w+): \{/gm)].map((match) => String(match[1]));
      assert.ok(names.length > 5, node.type);
      const own = Object.keys(node).filter((key) => !['id', 'type', 'z', 'g', 'x', 'y', 'wires'].includes(key));
      assert.deepEqual(own.sort(), names.sort(), node.type);
    }
  });
});

describeWith('chromium', 'demo: the page', () => {
  let browser: Browser;
  let page: Page;
  /** Errors of the console and requests that leave Node-RED. */
  let complaints: string[];

  before(async function () {
    this.timeout(30_000);
    browser = await launchChromium();
  });
  after(() => browser?.close());

  async function open(url: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<void> {
    complaints = [];
    page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...options });
    page.setDefaultTimeout(15_000);
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(url) && !request.url().startsWith('data:')) complaints.push(request.url());
    });
    await page.goto(`${url}/fleet`);
  }

  const marks = (): Promise<Mark[]> => page.evaluate('fleetMarks()');
  const rows = (): Promise<string[]> => page.locator('#rows tr td:first-child').allInnerTexts();

  describe('with a fleet', function () {
    this.timeout(60_000);
    let sandbox: Sandbox;
    let nodeRed: NodeRedProcess;
    let userDir: string;

    before(async () => {
      sandbox = await startSandbox({ devices: 40, rate: 60, seed: 3 });
      userDir = linkedUserDir();
      nodeRed = await startNodeRed({
        userDir,
        flows: demoFor(sandbox),
        credentials: { [account]: { token: sandbox.token } },
      });
      await open(nodeRed.url);
      await page.waitForFunction('fleetMarks().length > 30 && fleetMarks().some((mark) => mark.state === "moving")');
    });
    after(async () => {
      await page?.close();
      await nodeRed?.stop();
      await sandbox?.close();
      if (userDir) rmSync(userDir, { recursive: true, force: true });
    });

    it('draws marks that move and turn', async () => {
      await page.evaluate('globalThis.firstMarks = new Map(fleetMarks().map((mark) => [mark.id, mark]))');
      const count = (condition: string): string =>
        `fleetMarks().filter((mark) => { const first = firstMarks.get(mark.id); return first && (${condition}); }).length`;
      await page.waitForFunction(`${count('Math.hypot(mark.x - first.x, mark.y - first.y) > 1')} >= 3`);
      await page.waitForFunction(`${count('Math.abs(mark.heading - first.heading) > 1')} >= 1`);
    });

    it('draws something where the marks are, and streets around them', async () => {
      const drawn = await page.evaluate<{ mark: number; colours: number }>(`(() => {
        const canvas = document.getElementById('map');
        const { data, width } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const at = (x, y) => data.slice(4 * (Math.round(y) * width + Math.round(x)), 4 * (Math.round(y) * width + Math.round(x)) + 3).join();
        const ground = at(2, 2);
        const inside = fleetMarks().filter(({ state }) => state === 'moving' || state === 'parked');
        const colours = new Set();
        for (let i = 0; i < data.length; i += 4) colours.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
        return { mark: inside.filter(({ x, y }) => at(x, y) !== ground).length / inside.length, colours: colours.size };
      })()`);
      assert.ok(drawn.mark > 0.9, `${drawn.mark} of the marks are drawn`);
      assert.ok(drawn.colours > 20, `${drawn.colours} colours`);
    });

    it('counts at the top what the flow counts', async () => {
      const state = (await (await fetch(`${nodeRed.url}/fleet/state`)).json()) as Record<string, number>;
      assert.deepEqual(Object.keys(state), ['devices', 'messages', 'rpc', 'updated']);
      assert.equal(state['devices'], 40);
      assert.ok(Math.abs((state['updated'] ?? 0) - Date.now() / 1000) < 10);
      assert.equal(await page.locator('#count-vehicles').innerText(), '40');
      await page.waitForFunction('Number(document.getElementById("count-rpc").innerText) > 0');
      const messages = Number((await page.locator('#count-messages').innerText()).replace(',', ''));
      assert.ok(messages > 0 && messages >= (state['messages'] ?? 0) - 200, `${messages} of ${state['messages']}`);
    });

    it('sorts and filters the table', async () => {
      const names = await rows();
      assert.equal(names.length, 40);
      assert.deepEqual(
        names,
        [...names].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })),
      );
      await page.getByRole('button', { name: 'Vehicle', exact: true }).click();
      assert.deepEqual(await rows(), names.toReversed());
      await page.getByRole('button', { name: 'Vehicle', exact: true }).click();
      await page.getByRole('searchbox').fill('reefer');
      assert.ok((await rows()).every((name) => name.startsWith('Reefer')));
      assert.match(await page.locator('#shown').innerText(), /^\d+ of 40$/);
      await page.getByRole('searchbox').fill('');
      await page.locator('#legend button').nth(2).click();
      assert.ok((await page.locator('#rows td:nth-child(2)').allInnerTexts()).every((state) => state === 'parked'));
      await page.locator('#legend button').nth(2).click();
      assert.equal((await rows()).length, 40);
    });

    it('shows a vehicle that is chosen in the table: in the middle, with all its telemetry', async () => {
      await page.locator('#rows tr button').nth(1).focus();
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('Enter');
      const name = (await rows())[0] ?? '';
      assert.equal(await page.locator('#details h2').innerText(), name);
      // Live messages fill the table too; the heading tells that the answer is there.
      await page.locator('#details h3', { hasText: /^Telemetry: \d+ parameters/ }).waitFor();
      await page.locator('#details table tr').nth(15).waitFor();
      const id = Number(new URL(page.url()).hash.slice(1));
      const [mark, canvas] = [
        (await marks()).find((entry) => entry.id === id),
        await page.locator('#map').boundingBox(),
      ];
      assert.ok(mark && canvas);
      assert.ok(
        Math.abs(mark.x - canvas.width / 2) < 30 && Math.abs(mark.y - canvas.height / 2) < 30,
        JSON.stringify(mark),
      );
      await page.keyboard.press('Escape');
      assert.equal(await page.locator('#details').isHidden(), true);
    });

    it('shows a vehicle that is chosen on the map', async () => {
      await page.locator('#zoom-fit').click();
      const all = await marks();
      const alone = all.find((mark) =>
        all.every((other) => other === mark || Math.hypot(other.x - mark.x, other.y - mark.y) > 40),
      );
      assert.ok(alone);
      await page.locator('#map').click({ position: { x: alone.x, y: alone.y } });
      assert.equal(new URL(page.url()).hash, `#${alone.id}`);
      await page.getByRole('button', { name: 'Close' }).click();
    });

    it('answers for a vehicle that is not there, and only with what changed', async () => {
      const missing = await fetch(`${nodeRed.url}/fleet/vehicles/1`);
      assert.equal(missing.status, 404);
      assert.match(((await missing.json()) as { error: string }).error, /no such vehicle/);
      const ask = async (
        query: string,
      ): Promise<{ list: number; changes: number; whole: boolean; vehicles: object[] }> =>
        (await (await fetch(`${nodeRed.url}/fleet/vehicles${query}`)).json()) as never;
      const { list, changes, whole, vehicles } = await ask('');
      assert.deepEqual([whole, vehicles.length], [true, 40]);
      const next = await ask(`?list=${list}&since=${changes}`);
      assert.ok(!next.whole && next.vehicles.length < 40, `${next.vehicles.length} changed`);
    });

    it('has not complained, and asked nobody but Node-RED', () => {
      assert.deepEqual(complaints, []);
      assert.doesNotMatch(nodeRed.log(), /\[error\]/);
    });

    it('says so when Node-RED is gone, and stays', async () => {
      await nodeRed.stop();
      await page.locator('#banner').waitFor({ state: 'visible' });
      assert.match(await page.locator('#banner').innerText(), /Node-RED does not answer/);
      assert.ok((await marks()).length > 30);
    });
  });

  describe('without an account', function () {
    this.timeout(60_000);
    let nodeRed: NodeRedProcess;
    let userDir: string;

    before(async () => {
      userDir = linkedUserDir();
      nodeRed = await startNodeRed({ userDir, flows: demoFor(undefined) });
      await open(nodeRed.url, { colorScheme: 'dark', reducedMotion: 'reduce', viewport: { width: 400, height: 800 } });
    });
    after(async () => {
      await page?.close();
      await nodeRed?.stop();
      rmSync(userDir, { recursive: true, force: true });
    });

    it('waits for the first vehicle and shows why there is none', async () => {
      assert.match(await page.locator('#empty').innerText(), /Waiting for the first vehicle/);
      await page.locator('#banner').waitFor({ state: 'visible' });
      assert.match(await page.locator('#banner').innerText(), /token/i);
      assert.deepEqual(complaints, []);
    });
  });
});
