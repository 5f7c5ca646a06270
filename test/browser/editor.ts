import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { Locator, Page } from 'playwright-core';
import { chromium, type Host } from './stage';

export interface EditorOptions {
  locale?: 'en-US' | 'de';
  colorScheme?: 'light' | 'dark';
  viewport?: { width: number; height: number };
}

/** Scripts that run in the page are texts: there the editor's own API has more than a type says. */
const json = (value: unknown): string => JSON.stringify(value);

/** The node catalogue on the internet, and the question for the settings that leads to the login. */
const expected = /catalogue\.nodered\.org|401 .*\/settings\?/;
/** The browser reports each answer that is a refusal; the dialog shows it. */
const refusal = /status of 4(04|22) .*\/flespi-config\//;

/** Node-RED's editor in a real browser, used as a person uses it: by what is on the screen, wherever that is possible. */
export class Editor {
  readonly page: Page;
  /** What the console complained of, and errors that nobody caught. */
  readonly complaints: string[] = [];

  private constructor(
    page: Page,
    private readonly host: Host,
  ) {
    this.page = page;
    page.setDefaultTimeout(10_000);
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(`${message.text()} ${message.location().url}`);
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
  }

  static async open(host: Host, { locale = 'en-US', colorScheme = 'light', viewport }: EditorOptions = {}) {
    const browser = await chromium();
    const context = await browser.newContext({
      locale,
      colorScheme,
      viewport: viewport ?? { width: 1280, height: 1000 },
    });
    // Where Node-RED 5 keeps what a user chose; Node-RED 4 has no dark side of its own.
    await context.addInitScript(`localStorage.setItem('view-dark-theme', ${json(colorScheme)})`);
    const editor = new Editor(await context.newPage(), host);
    await editor.page.goto(host.editor);
    if (host.login) {
      await editor.page.locator('#node-dialog-login-username').fill(host.login.username);
      await editor.page.locator('#node-dialog-login-password').fill(host.login.password);
      await editor.page.locator('#node-dialog-login-submit').click();
    }
    await editor.ready();
    return editor;
  }

  /** The editor has loaded our nodes and the flows. */
  async ready(): Promise<void> {
    await this.page.waitForFunction(
      'globalThis.RED?.nodes?.getType?.("flespi-subscribe") && !$("#red-ui-loading-progress").is(":visible")',
    );
    // News from the editor hang over the buttons of dialogs for some seconds; a person would wait or look past them.
    await this.page.addStyleTag({
      content: `#red-ui-notifications { pointer-events: none; } #red-ui-notifications button { pointer-events: auto; }
        * { transition-duration: 0s !important; animation-duration: 0s !important; }`,
    });
    await this.evaluate('$.fx.off = true');
  }

  /** Closes the tab. Nobody may have complained, save of refusals where a test asked for them. */
  async close(refusals: 'refusals' | 'no refusals' = 'no refusals'): Promise<void> {
    const complaints = this.complaints.filter(
      (line) => !expected.test(line) && !(refusals === 'refusals' && refusal.test(line)),
    );
    await this.page.context().close();
    assert.deepEqual(complaints, []);
  }

  evaluate<T>(script: string): Promise<T> {
    return this.page.evaluate<T>(script);
  }

  /** Leaves whatever dialogs a test that failed has left open. */
  async closeDialogs(): Promise<void> {
    await this.evaluate(`(async () => {
      while (document.querySelector('.red-ui-tray')) {
        $('.red-ui-tray').last().find('[id$=-dialog-cancel]').trigger('click');
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
    })()`);
  }

  /** Reads until it is as expected; fails with the difference. */
  async eventually<T>(read: () => Promise<T>, wanted: T): Promise<void> {
    const end = Date.now() + 5_000;
    for (;;) {
      const found = await read();
      if (isDeepStrictEqual(found, wanted)) return;
      if (Date.now() > end) assert.deepEqual(found, wanted);
      await this.page.evaluate('new Promise((resolve) => requestAnimationFrame(resolve))');
    }
  }

  /** Replaces all flows, those that run and those on the screen, by an empty tab and these nodes. */
  async load(...nodes: readonly object[]): Promise<void> {
    const starts = this.#starts;
    await this.ask('flows', {
      type: 'POST',
      contentType: 'application/json',
      headers: { 'Node-RED-Deployment-Type': 'full' },
      data: JSON.stringify({ flows: [{ id: 'tab0000000000001', type: 'tab', label: 'test' }, ...nodes] }),
    });
    await this.#started(starts);
    await this.evaluate('RED.nodes.dirty(false)');
    await this.page.reload();
    await this.ready();
  }

  /** Puts nodes into the editor as an import does. */
  async add(...nodes: readonly object[]): Promise<void> {
    await this.evaluate(`(() => {
      const nodes = ${json(nodes)};
      RED.nodes.import(nodes.map((node) => node.type === 'tab' || node.type === 'flespi-config' || node.z
        ? node : { z: RED.workspaces.active(), x: 200, y: 200, wires: [[]], ...node }));
      // An import keeps the wires among its own nodes alone.
      const known = new Set(nodes.map(({ id }) => id));
      for (const { id, wires = [] } of nodes) {
        for (const [sourcePort, targets] of wires.entries()) {
          for (const target of targets.filter((other) => !known.has(other)))
            RED.nodes.addLink({ source: RED.nodes.node(id), sourcePort, target: RED.nodes.node(target) });
        }
      }
      RED.nodes.dirty(true);
      RED.view.redraw(true);
    })()`);
  }

  /** A node as the palette makes it, with what a test wants different. */
  async fresh(type: string, more: { id: string; [property: string]: unknown }): Promise<void> {
    const defaults = await this.evaluate<Record<string, unknown>>(
      `Object.fromEntries(Object.entries(RED.nodes.getType(${json(type)}).defaults).map(([name, { value }]) => [name, value]))`,
    );
    await this.add({ ...defaults, type, ...more });
  }

  /** Opens the dialog of a node and waits until it stands. */
  async edit(id: string): Promise<void> {
    await this.evaluate(`RED.editor.edit(RED.nodes.node(${json(id)}))`);
    await this.settled('#dialog-form');
  }

  /** Opens the account's dialog from the open one, as the pencil does. */
  async editAccount(): Promise<void> {
    await this.page.locator('#node-input-btn-account-edit').click();
    await this.settled('#node-config-input-token');
  }

  /** The dialog has slid in. Node-RED puts the cursor into a new one, and leaves it outside of one that it comes back to. */
  async settled(part: string, how: 'new' | 'back' = 'new'): Promise<void> {
    await this.page.waitForFunction(`(() => {
      const tray = document.querySelector(${json(part)})?.closest('.red-ui-tray');
      return tray && tray.getAnimations().length === 0 && getComputedStyle(tray).right === '0px'
        && (${how === 'back'} || tray.contains(document.activeElement));
    })()`);
  }

  async save(): Promise<void> {
    await this.page.locator('#node-dialog-ok').click();
    await this.closed();
  }

  async cancel(): Promise<void> {
    await this.page.locator('#node-dialog-cancel').click();
    await this.closed();
  }

  async closed(): Promise<void> {
    await this.page.waitForFunction('!document.querySelector(".red-ui-tray")');
  }

  field(property: string): Locator {
    return this.page.locator(`#node-input-${property}`);
  }

  /** The properties of a node as an export has them. */
  exported(id: string): Promise<Record<string, unknown>> {
    return this.evaluate(`RED.nodes.createExportableNodeSet([RED.nodes.node(${json(id)})])[0]`);
  }

  /** Why the node has the red triangle; nothing when it has none. */
  triangle(id: string): Promise<string[]> {
    return this.evaluate(`(() => {
      const node = RED.nodes.node(${json(id)});
      return node.valid ? [] : [...node.validationErrors];
    })()`);
  }

  async deploy(): Promise<void> {
    const answer = this.page.waitForResponse(
      (response) => response.url().endsWith('/flows') && response.request().method() === 'POST',
    );
    const starts = this.#starts;
    await this.page.locator('#red-ui-header-button-deploy').click();
    const confirm = this.page.locator('.red-ui-notification button.primary');
    await Promise.race([
      answer,
      confirm
        .waitFor()
        .then(() => confirm.click())
        .catch(() => undefined),
    ]);
    assert.equal((await answer).status(), 200);
    await this.#started(starts);
  }

  /** How often the flows have started so far. */
  get #starts(): number {
    return this.host.nodeRed.log().match(/\] Started (modified )?(flows|nodes)/g)?.length ?? 0;
  }

  /** The answer to a deploy comes before the flows run. */
  #started(before: number): Promise<void> {
    return this.eventually(async () => Promise.resolve(this.#starts > before), true);
  }

  /** Asks the runtime as the editor does. */
  ask<T>(path: string, options: object = {}): Promise<T> {
    return this.evaluate(`$.ajax(${json({ url: path, ...options })})`);
  }
}
