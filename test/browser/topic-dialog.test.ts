import assert from 'node:assert/strict';
import { describeWith } from '../servers/describe-with';
import { Editor } from './editor';
import { host } from './stage';
import { TopicForm, type Building } from './topic-form';
import { tappedEditor, type TappedEditor } from './tapped-editor';
import type { WireTap } from './wire-tap';

const accountId = 'acc0000000000001';
const devices = 'flespi/message/gw/devices';

/** A person's doing in the builder, and the topic that it makes. */
const built: (Building & { title: string; topic: string; sent?: string })[] = [
  { title: 'messages of all devices', topic: `${devices}/+` },
  { title: 'of some devices', typed: { Devices: '5000001, 5000002' }, topic: `${devices}/5000001,5000002` },
  {
    title: 'by payload',
    plain: { Payload: 'position.speed > 80 && name ~ "V*/+#"' },
    topic: `$filter/payload=position.speed%20%3E%2080%20%26%26%20name%20~%20%22V*%2F%2B%23%22/${devices}/+`,
  },
  {
    title: 'by message, subaccount and time',
    plain: { Message: 'topics[4] == "5000001"' },
    typed: { Subaccount: '123', 'Newer than': '2026-01-31' },
    topic: `$filter/message=topics%5B4%5D%20%3D%3D%20%225000001%22&modified_since=1769817600&cid=123/${devices}/+`,
  },
  {
    title: 'shared, sticky by device',
    plain: { Group: 'workers', 'Sticky by': '1', 'Starting at': '4' },
    topic: `$share/workers:4:1/${devices}/+`,
  },
  {
    title: 'telemetry parameters',
    what: 'telemetry of devices',
    typed: { Parameters: 'position, battery.level' },
    topic: 'flespi/state/gw/devices/+/telemetry/position,battery.level',
  },
  {
    title: 'intervals',
    what: 'intervals of calculators',
    typed: { Calculators: '1,2', Devices: '3', Events: 'created,updated' },
    topic: 'flespi/interval/gw/calcs/1,2/devices/3/created,updated',
  },
  {
    title: 'a topic of its own',
    what: 'another topic',
    plain: { Topic: 'temperature/+/kitchen' },
    topic: 'temperature/+/kitchen',
  },
  {
    title: 'from the environment and the flow',
    typed: { Devices: ['env', 'FLESPI_TEST_DEVICE'] },
    topic: `${devices}/{{env.FLESPI_TEST_DEVICE}}`,
    sent: `${devices}/5000003`,
  },
];

describeWith('chromium', 'dialog of topics', function () {
  this.timeout(30_000);
  let desk: TappedEditor;
  let tap: WireTap;
  let editor: Editor;
  let form: TopicForm;

  before(async function () {
    this.timeout(300_000);
    desk = await tappedEditor(accountId);
    ({ tap, editor } = desk);
    form = new TopicForm(editor);
  });
  after(() => desk?.close());
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await editor.closeDialogs();
  });

  const fresh = async (id: string, more: object = {}): Promise<void> => {
    await editor.fresh('flespi-subscribe', { id, account: accountId, wires: [[]], ...more });
    await editor.edit(id);
  };
  const topicsOf = async (id: string): Promise<string[]> =>
    ((await editor.exported(id))['topics'] as { topic: string }[]).map(({ topic }) => topic);

  describe('the builder writes the topic, and a pasted topic fills the builder', () => {
    for (const [index, { title, topic, ...building }] of built.entries()) {
      it(title, async () => {
        await fresh(`built${index}`);
        await form.build(0, building);
        await editor.eventually(() => form.topic(0).inputValue(), topic);
        await editor.save();
        assert.deepEqual(await topicsOf(`built${index}`), [topic]);
        assert.deepEqual(await editor.triangle(`built${index}`), []);

        await fresh(`pasted${index}`);
        await form.topic(0).fill(`  ${topic} `);
        await form.open(0);
        for (const [name, value] of Object.entries({ ...building.plain })) {
          assert.equal(await form.line(0, name).locator('input').inputValue(), value, name);
        }
        for (const name of Object.keys({ ...building.typed })) {
          const shown = await form.line(0, name).locator('.red-ui-typedInput-input').inputValue();
          assert.notEqual(shown, '', name);
        }
        await editor.cancel();
      });
    }

    it('and after a deploy each is what goes to the broker', async () => {
      tap.filters.length = 0;
      await editor.evaluate(
        `RED.nodes.eachNode((node) => { if (node.id.startsWith('pasted')) setTimeout(() => RED.nodes.remove(node.id)); })`,
      );
      await editor.deploy();
      const wanted = built.map(({ topic, sent }) => sent ?? topic).toSorted();
      await editor.eventually(async () => [...new Set(tap.filters)].toSorted(), wanted);
    });
  });

  describe('values from messages', () => {
    it('switch the input on, say when the node subscribes, and fill the topic then', async () => {
      await fresh('dynamic');
      await form.build(0, { typed: { Devices: ['msg', 'payload.device'] } });
      assert.equal(await form.topic(0).inputValue(), `${devices}/{{payload.device}}`);
      assert.match(await form.note(0), /Subscribes when a message with msg\.action subscribe comes/);
      const input = editor.page.locator('#flespi-dynamic');
      assert.deepEqual([await input.isChecked(), await input.isDisabled()], [true, true]);
      await editor.save();
      assert.deepEqual(await editor.triangle('dynamic'), []);
      await editor.add({
        id: 'go',
        type: 'inject',
        props: [
          { p: 'action', v: 'subscribe', vt: 'str' },
          { p: 'payload', v: '{"device":5000007}', vt: 'json' },
        ],
        repeat: '',
        crontab: '',
        once: false,
        wires: [['dynamic']],
      });
      await editor.deploy();
      await editor.ask('inject/go', { type: 'POST' });
      await editor.eventually(async () => tap.filters.at(-1), `${devices}/5000007`);
      await editor.edit('dynamic');
      assert.equal(
        await form
          .builder(0)
          .click()
          .then(() => form.line(0, 'Devices').locator('.red-ui-typedInput-input').inputValue()),
        'payload.device',
      );
      await form.build(0, { typed: { Devices: '1' } });
      assert.equal(await input.isDisabled(), false, 'no longer needed, and left as it is');
      assert.equal(await input.isChecked(), true);
      await editor.cancel();
    });
  });

  describe('mistakes', () => {
    /** [what is done, what is said]. */
    const mistakes: [Building | string, RegExp][] = [
      [{ plain: { Payload: 'position.speed >' } }, /^Payload: column 17: expected a value/],
      [{ plain: { Payload: '', Message: 'topics[' } }, /^Message: .*column/],
      [{ plain: { Message: '' }, typed: { Subaccount: 'north' } }, /a subaccount is given by its id/],
      [{ typed: { Subaccount: '', 'Newer than': 'yesterday' } }, /a time is given in unix seconds/],
      [{ plain: { Group: 'a/b' }, typed: { 'Newer than': '' } }, /a share group is a word without/],
      ['flespi/#/devices', /"#" may only be the last level/],
      ['flespi/message/gw/dev+', /"\+" and "#" must be whole levels/],
      ['$filter/cid=1', /need|topic|prefix/],
      ['$filter/colour=red/a', /a condition of "\$filter" is unknown/],
      ['flespi/message//devices', /a level is empty/],
    ];

    it('are told while they are made, and make the triangle with the same words', async () => {
      await fresh('wrong');
      for (const [doing, said] of mistakes) {
        if (typeof doing === 'string') await form.topic(0).fill(doing);
        else await form.build(0, doing);
        await editor.eventually(async () => (said.test(await form.note(0)) ? said : form.note(0)), said);
      }
      await editor.save();
      const [reason = ''] = await editor.triangle('wrong');
      assert.match(reason, /a level is empty\.$/);
      await editor.edit('wrong');
      assert.equal(await form.topic(0).inputValue(), 'flespi/message//devices', 'nothing typed is lost');
      await form.topic(0).fill('flespi/message/gw/devices/+');
      await editor.save();
      assert.deepEqual(await editor.triangle('wrong'), []);
    });

    it('no topic at all needs the input', async () => {
      await fresh('none');
      await form.row(0).locator('xpath=ancestor::li').locator('.red-ui-editableList-item-remove').click();
      await editor.save();
      assert.deepEqual(await editor.triangle('none'), ['Add a topic, or switch the input on']);
      await editor.edit('none');
      await editor.page.locator('#flespi-dynamic').check();
      await editor.save();
      assert.deepEqual(await editor.triangle('none'), []);
      assert.equal((await editor.exported('none'))['inputs'], 1);
    });
  });

  describe('the rest of the form', () => {
    it('several topics are added and built with keys alone', async () => {
      const { page } = editor;
      await fresh('keys');
      await form.add();
      await page.waitForFunction(`document.activeElement.classList.contains('flespi-topic')`);
      await page.keyboard.press('Control+A');
      await page.keyboard.type('a/b');
      await page.keyboard.press('Tab');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      assert.equal(await form.builder(1).getAttribute('aria-expanded'), 'false', 'a new one is open, and closes');
      await editor.save();
      assert.deepEqual((await editor.exported('keys'))['topics'], [
        { topic: 'flespi/message/gw/devices/+', qos: '0', rh: '0' },
        { topic: 'a/b', qos: '1', rh: '0' },
      ]);
    });

    it('devices are chosen from the account', async () => {
      await fresh('pick');
      await form.build(0, { typed: { Devices: ['msg', 'payload.device'] } });
      await form.line(0, 'Devices').getByRole('button', { name: 'Choose from the account' }).click();
      const panel = editor.page.locator('.flespi-picker');
      await panel.getByRole('checkbox').nth(1).check();
      await panel.getByRole('checkbox').first().check();
      await panel.getByRole('button', { name: 'Use selection' }).click();
      await editor.eventually(() => form.topic(0).inputValue(), `${devices}/5000002,5000001`);
      await editor.cancel();
    });

    it('parameters are completed', async () => {
      await fresh('complete');
      await form.build(0, { what: 'telemetry of devices' });
      await form.line(0, 'Parameters').locator('.red-ui-typedInput-input').click();
      await editor.page.keyboard.type('position.sp');
      await editor.page
        .locator('.red-ui-autoComplete-container:visible, .red-ui-menu:visible')
        .getByText('position.speed')
        .click();
      await editor.eventually(() => form.topic(0).inputValue(), 'flespi/state/gw/devices/+/telemetry/position.speed');
      await editor.cancel();
    });

    it('rows of batches and confirmations stand where they mean something', async () => {
      const visible = (property: string): Promise<boolean> => editor.field(property).isVisible();
      await fresh('delivery', { topics: [{ topic: 'a', qos: '1', rh: '0' }] });
      assert.deepEqual([await visible('batchCount'), await visible('confirmMost')], [false, false]);
      await editor.field('output').selectOption('batch');
      await editor.field('batchCount').fill('0');
      await editor.field('confirm').check();
      assert.deepEqual([await visible('batchCount'), await visible('confirmMost')], [true, true]);
      assert.equal(await editor.page.locator('#flespi-no-session').isVisible(), true);
      assert.equal(await editor.page.locator('#flespi-dynamic').isDisabled(), true);
      await editor.save();
      assert.equal((await editor.triangle('delivery')).length, 1);
      await editor.edit('delivery');
      await editor.field('batchCount').fill('${COUNT}');
      await editor.save();
      assert.deepEqual(await editor.triangle('delivery'), []);
    });

    it('says what MQTT 3.1.1 cannot do, as soon as the account is such a one', async () => {
      await editor.add({
        ...(await editor.exported(accountId)),
        id: 'acc0000000000004',
        name: 'old',
        protocolVersion: '4',
      });
      await fresh('old');
      const notice = editor.page.locator('#flespi-mqtt3');
      assert.equal(await notice.isVisible(), false);
      await editor.field('account').selectOption('acc0000000000004');
      await notice.waitFor();
      await editor.cancel();
    });

    it('Cancel changes nothing, and neither does Done after a look', async () => {
      const before = await editor.exported('keys');
      await editor.edit('keys');
      await form.build(0, { typed: { Devices: '1' } });
      await editor.cancel();
      assert.deepEqual(await editor.exported('keys'), before);
      await editor.edit('keys');
      await editor.save();
      assert.deepEqual(await editor.exported('keys'), before);
    });
  });
});

/** In the other language, the other theme and the other major. */
describeWith('chromium', 'dialog of topics in Node-RED 5, in German, dark', function () {
  this.timeout(30_000);
  let editor: Editor;

  before(async function () {
    this.timeout(300_000);
    editor = await Editor.open(await host(5), { locale: 'de', colorScheme: 'dark' });
    await editor.load({ id: accountId, type: 'flespi-config', region: 'own' });
  });
  after(() => editor?.close('refusals'));

  it('opens, builds, and nothing of it is cut off or in another language', async () => {
    const { page } = editor;
    await editor.fresh('flespi-subscribe', {
      id: 'deutsch',
      account: accountId,
      wires: [[]],
      confirm: true,
      output: 'batch',
    });
    await editor.edit('deutsch');
    await page.getByRole('button', { name: 'Topic zusammenstellen' }).click();
    const cut = await editor.evaluate<string[]>(`(() => {
      const dialog = document.querySelector('#dialog-form').getBoundingClientRect();
      return [...document.querySelectorAll('#dialog-form label, #dialog-form select, #dialog-form button, #dialog-form .flespi-note, #dialog-form .form-tips')]
        .filter((element) => element.checkVisibility())
        .filter((element) => element.getBoundingClientRect().right > dialog.right + 1 || element.getBoundingClientRect().left < dialog.left - 1)
        .map((element) => element.outerHTML.slice(0, 80));
    })()`);
    assert.deepEqual(cut, []);
    const texts = await page.locator('#dialog-form').innerText();
    assert.doesNotMatch(texts, /flespi-subscribe\.|__\w+__|\bTopics? from\b|Build the topic/);
    await editor.cancel();
  });
});
