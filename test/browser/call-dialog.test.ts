import assert from 'node:assert/strict';
import type { Sandbox } from '../../sandbox/sandbox';
import { describeWith } from '../servers/describe-with';
import { CallForm, type Doing, type Row } from './call-form';
import type { Editor } from './editor';
import { tappedEditor, type TappedEditor } from './tapped-editor';
import type { WireTap } from './wire-tap';

const accountId = 'acc0000000000001';

/** A person's doing in the form, and what stands in the request line then. */
interface Call extends Doing {
  title: string;
  line: string;
  /** What the message brings along when the node is triggered. */
  msg?: Record<string, unknown>;
}

const week = { plain: { range: 'last', rangeAmount: '7', rangeUnit: 'days', results: 'page' } };
const devices = 'gw/devices/:devices';

const requests: Call[] = [
  {
    title: 'all',
    line: 'GET gw/devices/all?fields=id,name&limit=1000&offset=‹0, 1000 …›',
    typed: { fields: 'id, name' },
  },
  {
    title: 'ids',
    rows: [{ kind: 'ids', value: '5000001, 5000002' }],
    line: 'GET gw/devices/5000001,5000002?limit=1000&offset=‹0, 1000 …›',
  },
  {
    title: 'a field with a wildcard',
    rows: [{ kind: 'field', field: 'name', value: 'Van *' }],
    plain: { results: 'page' },
    typed: { limit: '2', offset: '1' },
    line: 'GET gw/devices/name=Van%20*?limit=2&offset=1',
  },
  {
    title: 'a group',
    rows: [{ kind: 'group', value: '12' }],
    line: 'GET gw/devices/groups.id=12?limit=1000&offset=‹0, 1000 …›',
  },
  {
    title: 'an expression',
    rows: [{ kind: 'expression', value: 'telemetry.position.speed > 5 && name ~ "V*/?#%"' }],
    line: 'GET gw/devices/%7Btelemetry.position.speed%20%3E%205%20%26%26%20name%20~%20%22V*%2F%3F%23%25%22%7D?limit=1000&offset=‹0, 1000 …›',
  },
  {
    title: 'selector text',
    rows: [{ kind: 'raw', value: 'name=Truck*' }],
    line: 'GET gw/devices/name=Truck*?limit=1000&offset=‹0, 1000 …›',
  },
  {
    title: 'ids of a message',
    rows: [{ kind: 'typed', type: 'msg', value: 'vehicle' }],
    msg: { vehicle: 5000003 },
    line: 'GET gw/devices/‹msg.vehicle›?limit=1000&offset=‹0, 1000 …›',
  },
  {
    title: 'ids of the flow, by JSONata',
    rows: [{ kind: 'ids', type: 'jsonata', value: '[5000001..5000003]' }],
    line: 'GET gw/devices/‹devices›?limit=1000&offset=‹0, 1000 …›',
  },
  {
    title: 'messages of a period',
    template: `${devices}/messages`,
    rows: [{ kind: 'ids', value: '5000001' }],
    ...week,
    typed: { filter: 'position.speed > 10', fields: 'timestamp,position.speed', count: '50' },
    line: 'GET gw/devices/5000001/messages?data=%7B%22from%22%3A‹now − 7 d›%2C%22to%22%3A‹now›%2C%22count%22%3A50%2C%22filter%22%3A%22position.speed%20%3E%2010%22%2C%22fields%22%3A%22timestamp%2Cposition.speed%22%7D',
  },
  {
    title: 'messages between two times, newest first',
    template: `${devices}/messages`,
    rows: [{ kind: 'ids', value: '5000001' }],
    plain: { range: 'between', results: 'page' },
    typed: { from: '-2h', to: ['msg', 'until'], count: '5' },
    ticks: ['reverse'],
    msg: { until: '2030-01-01T00:00:00Z' },
    line: 'GET gw/devices/5000001/messages?data=%7B%22from%22%3A‹-2h›%2C%22to%22%3A‹msg.until›%2C%22count%22%3A5%2C%22reverse%22%3Atrue%7D',
  },
  {
    title: 'messages with more data',
    template: `${devices}/messages`,
    rows: [{ kind: 'ids', value: '5000001' }],
    plain: { range: 'none', results: 'page' },
    typed: { data: '{"generalize": 60, "method": "average"}', count: '5' },
    line: 'GET gw/devices/5000001/messages?data=%7B%22count%22%3A5%2C%22generalize%22%3A60%2C%22method%22%3A%22average%22%7D',
  },
  {
    title: 'telemetry by names',
    template: `${devices}/telemetry/:parameters`,
    rows: [{ kind: 'all' }, { kind: 'ids', value: 'position.speed, ident' }],
    line: 'GET gw/devices/all/telemetry/position.speed,ident',
  },
  {
    title: 'intervals, with three selectors',
    template: 'gw/calcs/:calcs/devices/:devices/intervals/:intervals',
    rows: [{ kind: 'all' }, { kind: 'ids', value: '5000001' }, { kind: 'all' }],
    plain: { range: 'none', results: 'page' },
    line: 'GET gw/calcs/all/devices/5000001/intervals/all',
  },
  {
    title: 'a command',
    template: `${devices}/commands-queue`,
    method: 'POST',
    rows: [{ kind: 'ids', value: '5000001' }],
    typed: { body: ['json', '[{"name":"custom","properties":{"payload":"hello"}}]'] },
    line: 'POST gw/devices/5000001/commands-queue',
  },
  {
    title: 'a change',
    method: 'PUT',
    rows: [{ kind: 'ids', value: '5000009' }],
    typed: { body: ['json', '{"name":"Renamed"}'] },
    line: 'PUT gw/devices/5000009',
  },
];

const calls: Call[] = [
  {
    title: 'all',
    line: 'flespi/rest/get/gw/devices/all?fields=id,name&limit=1000&offset=‹0, 1000 …›',
    typed: { fields: 'id,name' },
  },
  {
    title: 'an expression',
    rows: [{ kind: 'expression', value: 'name ~ "V*/?#+%"' }],
    line: 'flespi/rest/get/gw/devices/%7Bname%20~%20%22V*%2F%3F%23%2B%25%22%7D?limit=1000&offset=‹0, 1000 …›',
  },
  {
    title: 'messages of a period',
    template: `${devices}/messages`,
    rows: [{ kind: 'ids', value: '5000001' }],
    ...week,
    typed: { filter: 'position.speed > 10', count: '50' },
    line: 'flespi/rest/get/gw/devices/5000001/messages\n{"from":‹now − 7 d›,"to":‹now›,"count":50,"filter":"position.speed > 10"}',
  },
  {
    title: 'telemetry of a message',
    template: `${devices}/telemetry/:parameters`,
    rows: [{ kind: 'typed', value: 'vehicle' }, { kind: 'all' }],
    msg: { vehicle: [5000003, 5000004] },
    line: 'flespi/rest/get/gw/devices/‹msg.vehicle›/telemetry/all',
  },
];

/** What may stand where the line has a value that only the message or the clock knows. */
function pattern(line: string): RegExp {
  const text = line.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/‹[^›]*›/g, String.raw`[\w,%.-]+?`);
  return new RegExp(`^${text}$`);
}

describeWith('chromium', 'dialogs of calls', function () {
  this.timeout(30_000);
  let sandbox: Sandbox;
  let desk: TappedEditor;
  let tap: WireTap;
  let editor: Editor;
  let form: CallForm;

  before(async function () {
    this.timeout(300_000);
    desk = await tappedEditor(accountId);
    ({ sandbox, tap, editor } = desk);
    form = new CallForm(editor);
  });
  after(() => desk?.close());

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await editor.closeDialogs();
  });

  describe('what the form asks for', () => {
    const head = ['account', 'template', 'method'];
    const collection = ['fields', 'results', 'most', 'limit'];
    const period = ['range', 'rangeAmount', 'reverse', 'filter', 'fields', 'results', 'most', 'count'];
    const cases: [doing: Doing, rows: string[]][] = [
      [{}, [...head, 'devices', ...collection, 'name']],
      [{ plain: { results: 'page' } }, [...head, 'devices', 'fields', 'results', 'limit', 'offset', 'name']],
      [{ method: 'POST', template: 'gw/devices' }, [...head, 'fields', 'body', 'name']],
      [{ method: 'PUT', template: devices }, [...head, 'devices', 'allConfirmed', 'fields', 'body', 'name']],
      [{ rows: [{ kind: 'ids', value: '1' }] }, [...head, 'devices', 'fields', 'body', 'name']],
      [{ method: 'DELETE' }, [...head, 'devices', 'body', 'name']],
      [{ method: 'msg' }, [...head, 'devices', 'fields', 'body', 'results', 'limit', 'offset', 'name']],
      [
        { method: 'GET', template: `${devices}/messages`, plain: { results: 'array' } },
        [...head, 'devices', ...period, 'name'],
      ],
      [{ plain: { range: 'previous' } }, [...head, 'devices', ...period.filter((row) => row !== 'reverse'), 'name']],
      [{ plain: { range: 'between' } }, [...head, 'devices', 'range', 'from', 'to', ...period.slice(2), 'name']],
      [{ plain: { range: 'yesterday' } }, [...head, 'devices', 'range', ...period.slice(2), 'name']],
      [
        { template: 'gw/calcs/:calcs/devices/:devices/intervals/:intervals' },
        [...head, 'calcs', 'devices', 'intervals', 'range', ...period.slice(2), 'name'],
      ],
      [{ template: `${devices}/telemetry/:parameters` }, [...head, 'devices', 'parameters', 'fields', 'name']],
      [{ template: 'platform/customer' }, [...head, 'fields', 'name']],
    ];

    before(async () => {
      await editor.fresh('flespi-request', { id: 'rows', account: accountId });
      await editor.edit('rows');
    });
    after(() => editor.cancel());

    for (const [doing, rows] of cases) {
      it(`${JSON.stringify(doing)}: ${rows.slice(3).join(', ')}`, async () => {
        await form.do(doing);
        await editor.eventually(() => form.rows(), rows);
      });
    }
  });

  describe('the request line is what is sent', () => {
    const nodes = [
      ...requests.map((call, index) => ({ call, type: 'flespi-request', id: `request${index}` })),
      ...calls.map((call, index) => ({ call, type: 'flespi-rpc', id: `rpc${index}` })),
    ];

    for (const { call, type, id } of nodes) {
      it(`${type}: ${call.title}`, async () => {
        await editor.fresh(type, { id, account: accountId, wires: [] });
        await editor.edit(id);
        if (call.typed?.['data'] !== undefined) await editor.page.locator('#flespi-part-advanced summary').click();
        await form.do(call);
        await editor.eventually(() => form.preview(), call.line);
        await editor.save();
        assert.deepEqual(await editor.triangle(id), []);
      });
    }

    it('after a deploy, of every one of them', async function () {
      this.timeout(40_000);
      await editor.add(
        ...nodes.map(({ call: { msg = {} }, id }) => ({
          id: `go-${id}`,
          type: 'inject',
          props: Object.entries(msg).map(([p, value]) => ({ p, v: JSON.stringify(value), vt: 'json' })),
          repeat: '',
          crontab: '',
          once: false,
          wires: [[id]],
        })),
      );
      await editor.deploy();
      for (const { call, id } of nodes) {
        sandbox.restLog.clear();
        tap.publications.length = 0;
        await editor.ask(`inject/go-${id}`, { type: 'POST' });
        const wanted = pattern(call.line);
        const sent = (): string[] => [
          ...sandbox.restLog.requests.map(({ method, path, query }) => `${method} ${path}${query ? `?${query}` : ''}`),
          ...tap.publications.map(({ topic, payload }) => (payload === '' ? topic : `${topic}\n${payload}`)),
        ];
        await editor.eventually(async () => (sent().some((line) => wanted.test(line)) ? call.line : sent()), call.line);
      }
    });

    it('and everything is as it was left when a dialog is opened again and closed by Done', async () => {
      for (const { id, call } of nodes.filter((_, index) => index % 4 === 0)) {
        const before = await editor.exported(id);
        await editor.edit(id);
        await editor.eventually(() => form.preview(), call.line);
        await editor.save();
        assert.deepEqual(await editor.exported(id), before, call.title);
      }
      assert.equal(await editor.evaluate('RED.nodes.dirty()'), false);
    });
  });

  describe('mistakes', () => {
    const mistakes: [doing: Doing, said: RegExp][] = [
      [{ rows: [{ kind: 'ids', value: '' }] }, /The selector "devices" cannot be used: it is empty/],
      [{ rows: [{ kind: 'field', field: '', value: 'x' }] }, /"devices".*the name of the field is missing/],
      [{ rows: [{ kind: 'field', field: 'a b', value: 'x' }] }, /"a b" is not the name of a field/],
      [{ rows: [{ kind: 'group', value: 'north' }] }, /"north" is not an id/],
      [{ rows: [{ kind: 'raw', value: '..' }] }, /would lead to another path/],
      [{ rows: [{ kind: 'expression', value: 'speed > > 3' }] }, /mistake in column 9: expected a value, found ">"\./],
      [{ rows: [{ kind: 'all' }], template: 'https://flespi.io/gw/devices' }, /enter the path alone/],
      [{ template: 'gw/devices/a%20b' }, /as it reads, without % codes/],
      [{ template: `${devices}/messages`, typed: { filter: 'position.speed >' } }, /mistake in column 17/],
    ];

    it('are told while they are made', async () => {
      await editor.fresh('flespi-request', { id: 'mistake', account: accountId });
      await editor.edit('mistake');
      for (const [doing, said] of mistakes) {
        await form.do(doing);
        await editor.eventually(async () => (said.test(await form.preview()) ? said : form.preview()), said);
      }
      await editor.cancel();
    });

    it('make the triangle, with the reason', async () => {
      await editor.edit('mistake');
      await form.do({ rows: [{ kind: 'expression', value: 'speed > > 3' }] });
      await editor.eventually(
        () => form.row(0).locator('.flespi-note').innerText(),
        'column 9: expected a value, found ">"',
      );
      await editor.save();
      assert.deepEqual(await editor.triangle('mistake'), [
        'devices: The expression has a mistake in column 9: expected a value, found ">".',
      ]);
      await editor.edit('mistake');
      await form.value(0).fill('speed > 3');
      await editor.save();
      assert.deepEqual(await editor.triangle('mistake'), []);
    });

    it('a write to all asks for a tick, and some of them do not', async () => {
      await editor.fresh('flespi-request', { id: 'write', account: accountId });
      await editor.edit('write');
      const tick = editor.field('allConfirmed');
      await form.do({ method: 'DELETE' });
      await tick.waitFor();
      await editor.save();
      assert.deepEqual(await editor.triangle('write'), [
        'Tick that this may change or remove all items, or select some of them',
      ]);
      await editor.edit('write');
      await tick.check();
      await editor.save();
      assert.deepEqual(await editor.triangle('write'), []);
      await editor.edit('write');
      await tick.uncheck();
      await form.chooseRow(0, { kind: 'ids', value: '5000001' });
      await tick.waitFor({ state: 'hidden' });
      await editor.save();
      assert.deepEqual(await editor.triangle('write'), []);
    });
  });

  it('Cancel changes nothing', async () => {
    await editor.fresh('flespi-rpc', { id: 'same', account: accountId, name: 'as it was' });
    const before = await editor.exported('same');
    await editor.edit('same');
    await form.do({ template: `${devices}/messages`, rows: [{ kind: 'ids', value: '7' }], plain: { name: 'other' } });
    await editor.cancel();
    assert.deepEqual(await editor.exported('same'), before);
  });

  it('a selector stays with its slot while resources are looked at', async () => {
    const row: Row = { kind: 'field', field: 'name', value: 'Van*' };
    await editor.fresh('flespi-request', { id: 'slots', account: accountId });
    await editor.edit('slots');
    await form.do({ rows: [row] });
    await form.do({ template: 'gw/calcs/:calcs/devices/:devices/intervals/:intervals' });
    await editor.eventually(() => form.row(0).locator('> select').inputValue(), 'all');
    assert.equal(await form.value(1).inputValue(), 'Van*');
    await form.do({ template: devices });
    await editor.eventually(() => form.preview(), 'GET gw/devices/name=Van*?limit=1000&offset=‹0, 1000 …›');
    await editor.cancel();
  });

  it('what an older flow lacks is shown with its default, and saved', async () => {
    await editor.add({ id: 'older', type: 'flespi-request', account: accountId, template: devices, selectors: [] });
    await editor.edit('older');
    await editor.eventually(() => form.preview(), 'GET gw/devices/all?limit=1000&offset=‹0, 1000 …›');
    await editor.save();
    const { most, timeout, body, bodyType } = await editor.exported('older');
    assert.deepEqual([most, timeout, body, bodyType], ['10000', '30', 'payload', 'msg']);
    assert.deepEqual(await editor.triangle('older'), []);
  });

  it('a resource is found by words, and chosen with keys alone', async () => {
    const { page } = editor;
    await editor.fresh('flespi-request', { id: 'words', account: accountId });
    await editor.edit('words');
    const template = editor.field('template');
    await template.selectText();
    await page.keyboard.type('interv devices');
    await page.locator('.flespi-choices:visible li').first().waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    assert.equal(await template.inputValue(), 'gw/calcs/:calcs/devices/:devices/intervals/:intervals');
    assert.equal(await page.locator('.flespi-choices:visible').count(), 0);
    await page.keyboard.press('ArrowDown');
    await page.locator('.flespi-choices:visible').waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('.flespi-choices:visible').count(), 0);
    assert.equal(await page.locator('#dialog-form').isVisible(), true);
    await editor.eventually(
      () => page.locator('#flespi-resource-note').innerText(),
      'calculators › devices › intervals',
    );
    await form.do({ template: 'gw/device/:devices' });
    await editor.eventually(
      () => page.locator('#flespi-resource-note').innerText(),
      'Not a documented path. Did you mean gw/devices/:devices?',
    );
    await editor.cancel();
  });

  it('fields are completed', async () => {
    const { page } = editor;
    await editor.fresh('flespi-request', { id: 'fields', account: accountId });
    await editor.edit('fields');
    await page.locator('label[for="node-input-fields-shown"]').click();
    await page.keyboard.type('id, conf');
    await page
      .locator('.red-ui-autoComplete-container:visible, .red-ui-menu:visible')
      .getByText('configuration.phone')
      .click();
    await editor.eventually(
      () => form.preview(),
      'GET gw/devices/all?fields=id,configuration.phone&limit=1000&offset=‹0, 1000 …›',
    );
    await editor.cancel();
  });

  it('needs MQTT 5 for rpc, and says so as soon as the account is another', async () => {
    await editor.add({
      ...(await editor.exported(accountId)),
      id: 'acc0000000000003',
      name: 'old',
      protocolVersion: '4',
    });
    await editor.fresh('flespi-rpc', { id: 'mqtt3', account: accountId });
    await editor.edit('mqtt3');
    const notice = editor.page.locator('#flespi-needs-mqtt5');
    assert.equal(await notice.isVisible(), false);
    await editor.field('account').selectOption('acc0000000000003');
    await notice.waitFor();
    await editor.cancel();
  });
});
