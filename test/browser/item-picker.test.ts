import assert from 'node:assert/strict';
import type { Sandbox } from '../../sandbox/sandbox';
import { describeWith } from '../servers/describe-with';
import { CallForm } from './call-form';
import { Editor } from './editor';
import { flespi, host } from './stage';

/** Choosing from the account: the runtime asks flespi on behalf of the dialog. */
describeWith('chromium', 'choosing from the account', function () {
  this.timeout(30_000);
  let sandbox: Sandbox;
  let editor: Editor;
  let form: CallForm;
  const id = 'acc0000000000002';

  before(async function () {
    this.timeout(300_000);
    sandbox = await flespi();
    editor = await Editor.open(await host(5));
    form = new CallForm(editor);
    await editor.load();
    await editor.add({ id, type: 'flespi-config', region: 'own', restUrl: sandbox.http, mqttUrl: sandbox.mqtt });
    await editor.fresh('flespi-request', { id: 'pick', account: id });
  });
  after(() => editor?.close('refusals'));
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await editor.closeDialogs();
  });

  const panel = () => editor.page.locator('.flespi-picker');
  const note = () => panel().locator('.flespi-picker-note').innerText();
  const button = () => form.row(0).getByRole('button', { name: 'Choose from the account' });
  const names = () => panel().locator('li').allInnerTexts();

  it('says what is missing before there is a token', async () => {
    await editor.edit('pick');
    await form.chooseRow(0, { kind: 'ids' });
    await button().click();
    await editor.eventually(async () => /node has no account|token/.test(await note()), true);
    await editor.page.keyboard.press('Escape');
    await panel().waitFor({ state: 'detached' });
    assert.equal(await button().evaluate((element) => element === element.ownerDocument.activeElement), true);
  });

  it('works before the first deploy, as soon as a token was entered', async () => {
    await editor.editAccount();
    await editor.page.locator('#node-config-input-token').fill(sandbox.token);
    await editor.page.locator('#node-config-dialog-ok').click();
    await editor.settled('#node-input-template', 'back');
    await button().click();
    await editor.eventually(async () => (await names()).length, 30);
    await panel().getByLabel('search by name or id').fill('van');
    await editor.eventually(async () => (await names()).every((name) => name.startsWith('Van')), true);
    await panel().getByRole('checkbox').first().check();
    await panel().getByLabel('search by name or id').fill('5000002');
    await editor.eventually(async () => (await names()).length, 1);
    await panel().getByRole('checkbox').first().check();
    await panel().getByRole('button', { name: 'Use selection' }).click();
    assert.equal(await form.value(0).inputValue(), '5000001, 5000002');
    await editor.eventually(() => form.preview(), 'GET gw/devices/5000001,5000002?limit=1000&offset=‹0, 1000 …›');
    await editor.save();
  });

  it('works with the stored token after it; a group is one, and ticks show what is chosen already', async () => {
    await editor.deploy();
    await editor.page.reload();
    await editor.ready();
    await editor.edit('pick');
    await button().click();
    await editor.eventually(() => panel().getByRole('checkbox', { checked: true }).count(), 2);
    await panel().getByRole('button', { name: 'Close' }).click();
    await form.chooseRow(0, { kind: 'group' });
    await button().click();
    await panel().getByRole('radio').nth(1).check();
    await panel().getByRole('radio').first().check();
    await panel().getByRole('button', { name: 'Use selection' }).click();
    await editor.eventually(async () => /groups\.id=\d+\?/.test(await form.preview()), true);
    await editor.cancel();
  });

  it('says why when flespi cannot be asked', async () => {
    const end = sandbox.faults.rest.add({ path: 'gw/groups/*', status: 403 });
    try {
      await editor.edit('pick');
      await form.chooseRow(0, { kind: 'group' });
      await button().click();
      await editor.eventually(async () => (await note()).startsWith('The token may not do this: GET gw/groups'), true);
      await editor.cancel();
    } finally {
      end();
    }
  });

  it('is not for those who have not logged in', async () => {
    const { editor: address } = await host(5);
    for (const [method, path] of [
      ['GET', `${id}/items/devices`],
      ['POST', `${id}/items/devices`],
      ['POST', `${id}/test`],
    ] as const) {
      const { status } = await fetch(`${address}/flespi-config/${path}`, { method });
      assert.equal(status, 401, `${method} ${path}`);
    }
  });
});
