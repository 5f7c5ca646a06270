import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import { chromium, type Host } from './stage';

export interface EditorOptions {
  locale?: 'en-US' | 'de';
  colorScheme?: 'light' | 'dark';
  viewport?: { width: number; height: number };
}

/** The editor has more to say to a page than its own API declares; scripts that run in the page are texts for that reason. */
const json = (value: unknown): string => JSON.stringify(value);

/** Node-RED's editor in a real browser, used as a person uses it: by what is on the screen, wherever that is possible. */
export class Editor {
  readonly page: Page;
  /** What the console complained of, and errors that nobody caught. */
  readonly complaints: string[] = [];

  private constructor(page: Page) {
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
      viewport: viewport ?? { width: 1280, height: 900 },
    });
    // Where Node-RED 5 keeps what a user chose; Node-RED 4 has no dark side of its own.
    await context.addInitScript(`localStorage.setItem('view-dark-theme', ${json(colorScheme)})`);
    const editor = new Editor(await context.newPage());
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
  }

  /** Closes the tab; nothing but the unreachable node catalogue may have been complained of. */
  async close(): Promise<void> {
    const complaints = this.complaints.filter((line) => !/catalogue\.nodered\.org|ERR_INTERNET_DISCONNECTED/.test(line));
    await this.page.context().close();
    assert.deepEqual(complaints, []);
  }

  evaluate<T>(script: string): Promise<T> {
    return this.page.evaluate<T>(script);
  }

  /** Puts nodes into the open workspace as an import does. */
  async add(...nodes: readonly object[]): Promise<void> {
    await this.evaluate(`(() => {
      RED.nodes.import(${json(nodes)}.map((node) => node.type === 'tab' || node.type === 'flespi-config' || node.z
        ? node : { z: RED.workspaces.active(), x: 200, y: 200, wires: [[]], ...node }));
      RED.nodes.dirty(true);
      RED.view.redraw(true);
    })()`);
  }

  /** Opens the dialog of a node and waits until it stands. */
  async edit(id: string): Promise<void> {
    await this.evaluate(`RED.editor.edit(RED.nodes.node(${json(id)}))`);
    await this.page.locator('#dialog-form').waitFor();
    await this.settled();
  }

  /** Opens the account's dialog from the open one, as the pencil does. */
  async editAccount(): Promise<void> {
    await this.page.locator('#node-input-lookup-account, #node-input-btn-account-edit').first().click();
    await this.page.locator('#node-config-input-token').waitFor();
    await this.settled();
  }

  /** The dialog has slid in, and the cursor is in it. */
  async settled(): Promise<void> {
    await this.page.waitForFunction(`(() => {
      const tray = [...document.querySelectorAll('.red-ui-tray')].at(-1);
      return tray && tray.getAnimations().length === 0 && getComputedStyle(tray).right === '0px' && tray.contains(document.activeElement);
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

  /** The properties of a node that an export of it has. */
  exported(id: string): Promise<Record<string, unknown>> {
    return this.evaluate(`RED.nodes.createExportableNodeSet([RED.nodes.node(${json(id)})])[0]`);
  }

  /** Names of the properties that make the red triangle; none when the node is valid. */
  invalid(id: string): Promise<string[]> {
    return this.evaluate(`(() => {
      const node = RED.nodes.node(${json(id)});
      RED.editor.validateNode(node);
      return node.valid ? [] : (node.validationErrors ?? []).map(String);
    })()`);
  }

  async deploy(): Promise<void> {
    await Promise.all([
      this.page.waitForResponse((response) => response.url().endsWith('/flows') && response.request().method() === 'POST'),
      this.page.locator('#red-ui-header-button-deploy').click(),
    ]);
  }
}
