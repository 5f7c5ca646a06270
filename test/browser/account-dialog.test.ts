import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import type { Sandbox } from '../../sandbox/sandbox';
import { freePort } from '../servers/node-red';
import { describeWith } from '../servers/describe-with';
import { Editor } from './editor';
import { flespi, host, type Host } from './stage';

/** Of the examples; they share it. */
const account = 'f1e5b1f1e5b1f1e5';
const request = 'f1e5010004000000';

for (const version of [4, 5] as const) {
  describeWith('chromium', `account dialog in Node-RED ${version}`, function () {
    this.timeout(30_000);
    let desk: Host;
    let sandbox: Sandbox;
    let editor: Editor;

    before(async function () {
      this.timeout(300_000);
      [desk, sandbox] = [await host(version), await flespi()];
      editor = await Editor.open(desk);
    });
    after(() => editor?.close('refusals'));

    const field = (property: string): Locator => editor.page.locator(`#node-config-input-${property}`);
    const verdict = (): Promise<string> => editor.page.locator('#flespi-test-answer').innerText();
    const test = async (): Promise<void> => {
      const button = editor.page.locator('#flespi-test');
      await button.click();
      await editor.page.waitForFunction('!document.querySelector("#flespi-test").disabled');
    };
    const backToRequest = async (button: 'ok' | 'cancel'): Promise<void> => {
      await editor.page.locator(`#node-config-dialog-${button}`).click();
      await editor.settled('#node-input-template', 'back');
    };

    it('an imported example asks for a token: account and nodes have the triangle', async () => {
      await editor.evaluate(`RED.actions.invoke('core:show-examples-import-dialog')`);
      const { page } = editor;
      const dialog = page.locator('#red-ui-clipboard-dialog');
      const label = dialog.locator('.red-ui-treeList-label:visible');
      await label.filter({ hasText: 'node-red-contrib-flespi' }).first().click();
      await label.filter({ hasText: /^\s*flespi-request/ }).click();
      await page.locator('#red-ui-clipboard-dialog-ok').click();
      await page.waitForFunction(`RED.nodes.node('${request}')`);
      await page.mouse.move(700, 500);
      await page.mouse.down();
      await page.mouse.up();
      assert.deepEqual(await editor.triangle(account), ['Enter the token of your flespi account']);
      assert.deepEqual(await editor.triangle(request), ['Account: invalid configuration node']);
    });

    it('opens above the node that uses it, and keeps what is half done there', async () => {
      await editor.edit(request);
      await editor.field('fields-shown').fill('id,name,half done');
      await editor.editAccount();
      assert.match(
        await editor.page.locator('.red-ui-tray-breadcrumbs').last().innerText(),
        /Edit flespi account node/,
      );
      await field('name').fill('not kept');
      await backToRequest('cancel');
      assert.equal(await editor.field('fields-shown').inputValue(), 'id,name,half done');
      assert.equal((await editor.exported(account))['name'], '');
      await editor.editAccount();
    });

    it('says what to enter, before there is a token', async () => {
      await test();
      assert.equal(await verdict(), 'Enter a token first.');
    });

    it('shows the fields of own addresses only where they are meant, and what is wrong with them', async () => {
      assert.equal(await field('restUrl').isVisible(), false);
      await field('region').selectOption('own');
      assert.equal(await field('mqttVia').isVisible(), false);
      await field('restUrl').fill('ftp://here');
      await field('mqttUrl').fill('mqtt://elsewhere.example:1883');
      await field('name').focus();
      for (const property of ['restUrl', 'mqttUrl'])
        assert.match((await field(property).getAttribute('class')) ?? '', /input-error/, property);
      await field('allowPlain').check();
      assert.doesNotMatch((await field('mqttUrl').getAttribute('class')) ?? '', /input-error/);
      await field('allowPlain').uncheck();
    });

    it('tests what is on the screen, before anything is deployed', async () => {
      await field('restUrl').fill(sandbox.http);
      await field('mqttUrl').fill(sandbox.mqtt);
      await field('token').fill('x'.repeat(64));
      await test();
      assert.match(await verdict(), /^flespi does not accept the token/);
      await field('restUrl').fill(`http://127.0.0.1:${await freePort()}`);
      await test();
      assert.match(await verdict(), /nothing listens at this address/);
      await field('restUrl').fill('nowhere');
      await test();
      assert.match(await verdict(), /^"REST address" cannot be used: enter an address such as/);
      await field('restUrl').fill(sandbox.http);
      await field('token').fill(`FlespiToken ${sandbox.token}`);
      await test();
      assert.match(await verdict(), /^The token works, but it is a master token/);
      const acl = await fetch(`${sandbox.http}/platform/tokens?fields=key`, {
        method: 'POST',
        headers: { Authorization: `FlespiToken ${sandbox.token}`, 'Content-Type': 'application/json' },
        body: '[{"ttl":3600,"access":{"type":2,"acl":[{"uri":"gw/devices","methods":["GET"],"ids":"all"}]}}]',
      });
      const { result } = (await acl.json()) as { result: { key: string }[] };
      await field('token').fill(result[0]?.key ?? '');
      await test();
      assert.equal(await verdict(), `The token works: account ${sandbox.cid}, token with an access list.`);
    });

    it('without the triangle as soon as the token is saved', async () => {
      await field('token').fill(sandbox.token);
      await backToRequest('ok');
      await editor.field('fields-shown').fill('id,name');
      await editor.save();
      for (const id of [account, request]) assert.deepEqual(await editor.triangle(id), [], id);
    });

    it('keeps the token out of what is exported, stored as a flow, and sent back to the editor', async () => {
      await editor.deploy();
      const exported = await editor.evaluate('JSON.stringify(RED.nodes.createCompleteNodeSet({ credentials: false }))');
      const flows = JSON.stringify(await editor.ask('flows'));
      const stored = JSON.stringify(await editor.ask(`credentials/flespi-config/${account}`));
      await editor.page.reload();
      await editor.ready();
      await editor.edit(request);
      await editor.editAccount();
      const shown = await field('token').inputValue();
      const page = await editor.page.content();
      for (const [name, text] of Object.entries({ exported, flows, stored, shown, page }))
        assert.ok(!String(text).includes(sandbox.token), name);
      assert.notEqual(shown, '');
    });

    it('tests the stored token too, but not at an address that is not deployed', async () => {
      await test();
      assert.match(await verdict(), /^The token works/);
      await field('restUrl').fill(`http://127.0.0.1:${await freePort()}`);
      await test();
      assert.match(await verdict(), /enter the token again to test it there/);
      await backToRequest('cancel');
      await editor.cancel();
      assert.equal((await editor.exported(account))['restUrl'], sandbox.http);
    });
  });
}
