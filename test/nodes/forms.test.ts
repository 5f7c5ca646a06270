import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { buildSync } from 'esbuild';

/** What the forms' own logic needs of the editor: texts, and no open dialog. */
const texts: Record<string, unknown> = JSON.parse(
  readFileSync(join(__dirname, '..', '..', 'locales', 'en-US', 'flespi-config.json'), 'utf8'),
);

function textOf(key: string, values: Record<string, string | number> = {}): string {
  const path = key.replace(/^.*:/, '');
  let found: unknown = texts;
  for (const word of path.split('.')) found = (found as Record<string, unknown> | undefined)?.[word];
  return typeof found === 'string'
    ? found.replace(/__(\w+?)__/g, (_, name: string) => String(values[name] ?? ''))
    : key;
}

type Validator = (this: object, value: unknown, options: undefined) => boolean | string;
interface Model {
  entry: { key: string } | undefined;
  values: string[];
  path: string;
  payload: string;
  group: string;
}
interface Forms {
  previewOf(state: object, transport: 'http' | 'mqtt'): { line: string; readable?: string };
  checkTemplate: Validator;
  checkMethod: Validator;
  checkSelectors: Validator;
  checkAllConfirmed: Validator;
  checkFilter: Validator;
  checkTopics: Validator;
  checkAddress(property: 'restUrl' | 'mqttUrl'): Validator;
  checkTokenSet: Validator;
  checkNumber(min: number, max: number, blank?: 'blank'): Validator;
  modelOf(topic: string): Model;
  topicOf(model: Model): string;
  draftOf(model: Model): string;
  sourceOf(value: string): { type: string; value: string };
  placeFor(type: string, value: string): string;
  searchResources(typed: string): { value: string; title: string }[];
  suggestFields(typed: string, names: readonly string[]): { value: string }[];
}

/** The editor's modules as the browser gets them: put together by the same bundler. */
function bundled(names: readonly string[]): Forms {
  const folder = join(__dirname, '..', '..', 'nodes', 'editor');
  const { outputFiles } = buildSync({
    stdin: { contents: names.map((name) => `export * from './${name}.mts';`).join('\n'), resolveDir: folder },
    bundle: true,
    write: false,
    format: 'cjs',
    target: 'es2020',
  });
  const module = { exports: {} };
  const run = new Script(`(function (module, exports) {${outputFiles[0]?.text}})`).runInThisContext() as (
    module: object,
    exports: object,
  ) => void;
  run(module, module.exports);
  return module.exports as Forms;
}

describe('the logic of the forms', () => {
  let forms: Forms;
  before(() => {
    Object.assign(globalThis, { RED: { _: textOf }, $: () => ({ length: 0 }) });
    forms = bundled([
      'call-preview',
      'call-checks',
      'topic-checks',
      'topic-model',
      'config-checks',
      'number-check',
      'resources',
      'field-names',
      'place-field',
    ]);
  });
  after(() => {
    for (const name of ['RED', '$']) Reflect.deleteProperty(globalThis, name);
  });

  const state = (more: object = {}): object => ({
    method: 'GET',
    template: 'gw/devices/:devices',
    selectors: [{ kind: 'all' }],
    fields: '',
    fieldsType: 'str',
    limit: '1000',
    limitType: 'num',
    offset: '0',
    offsetType: 'num',
    results: 'array',
    range: 'last',
    rangeAmount: '24',
    rangeUnit: 'hours',
    from: '',
    fromType: 'str',
    to: '',
    toType: 'str',
    count: '',
    countType: 'num',
    reverse: false,
    filter: '',
    filterType: 'str',
    data: '',
    dataType: 'json',
    allConfirmed: false,
    ...more,
  });
  const messages = 'gw/devices/:devices/messages';

  describe('the preview', () => {
    const cases: [string, object, 'http' | 'mqtt', string][] = [
      ['a list', { fields: 'id, name' }, 'http', 'GET gw/devices/all?fields=id,name&limit=1000&offset=‹0, 1000 …›'],
      ['one page', { results: 'page', limit: '10', offset: '20' }, 'http', 'GET gw/devices/all?limit=10&offset=20'],
      [
        'a value of the message',
        { selectors: [{ kind: 'typed', value: 'who', type: 'msg' }] },
        'http',
        'GET gw/devices/‹msg.who›?limit=1000&offset=‹0, 1000 …›',
      ],
      [
        'such a value in a field',
        { selectors: [{ kind: 'field', field: 'name', value: 'who', type: 'flow' }] },
        'http',
        'GET gw/devices/name=‹flow.who›?limit=1000&offset=‹0, 1000 …›',
      ],
      ['a method of the message', { method: 'msg' }, 'http', 'GET ‹msg.method›'],
      [
        'a write',
        { method: 'PATCH', selectors: [{ kind: 'ids', value: '1, 2', type: 'str' }] },
        'http',
        'PATCH gw/devices/1,2',
      ],
      ['over MQTT', { fields: 'id' }, 'mqtt', 'flespi/rest/get/gw/devices/all?fields=id&limit=1000&offset=‹0, 1000 …›'],
      [
        'a period over MQTT',
        { template: messages },
        'mqtt',
        'flespi/rest/get/gw/devices/all/messages\n{"from":‹now − 24 h›,"to":‹now›}',
      ],
    ];
    for (const [name, properties, transport, wanted] of cases) {
      it(name, () => {
        const { line } = forms.previewOf(state(properties), transport);
        if (wanted.startsWith('GET ‹')) assert.ok(line.startsWith('‹msg.method› gw/devices/all'));
        else assert.equal(line, wanted);
      });
    }

    it('a period, encoded and for reading', () => {
      const { line, readable } = forms.previewOf(
        state({ template: messages, range: 'yesterday', filter: 'position.speed > 80' }),
        'http',
      );
      assert.match(line, /^GET gw\/devices\/all\/messages\?data=%7B/);
      assert.match(
        readable ?? '',
        /"from":‹begin of yesterday›,"to":‹end of yesterday›,"filter":"position.speed > 80"/,
      );
    });

    for (const [name, properties, wanted] of [
      ['an empty selector', { selectors: [{ kind: 'ids', value: '', type: 'str' }] }, 'FLESPI_BAD_SELECTOR'],
      ['a path with a query', { template: 'gw/devices/all?x=1' }, 'FLESPI_BAD_PATH'],
      [
        'a broken expression',
        { selectors: [{ kind: 'expression', value: 'a >', type: 'str' }] },
        'FLESPI_BAD_EXPRESSION',
      ],
    ] as const) {
      it(`${name} is refused as the node would refuse it`, () => {
        assert.throws(() => forms.previewOf(state(properties), 'http'), { code: wanted });
      });
    }
  });

  describe('validators', () => {
    /** The editor takes a string from a validator with another number of parameters for "valid". */
    it('declare two parameters, all of them', () => {
      const all = [
        forms.checkTemplate,
        forms.checkMethod,
        forms.checkSelectors,
        forms.checkAllConfirmed,
        forms.checkFilter,
        forms.checkTopics,
        forms.checkTokenSet,
        forms.checkAddress('restUrl'),
        forms.checkNumber(1, 2),
      ];
      for (const validator of all) assert.equal(validator.length, 2);
    });

    const number = (value: unknown): unknown => forms.checkNumber(1, 10).call({}, value, undefined);
    it('numbers: text, environment, nothing, nonsense', () => {
      assert.equal(number('5'), true);
      assert.equal(number(undefined), true);
      assert.equal(number('${PAGES}'), true);
      for (const bad of ['', '0', '11', '1.5', 'x', {}]) assert.equal(typeof number(bad), 'string');
      assert.equal(forms.checkNumber(1, 10, 'blank').call({}, '', undefined), true);
    });

    it('addresses: only where the platform is one of its own, and encrypted unless accepted or here', () => {
      const check = (value: string, node: object): unknown =>
        forms.checkAddress('restUrl').call(node, value, undefined);
      assert.equal(check('', { region: 'eu' }), true);
      assert.equal(check('https://x.example', { region: 'own' }), true);
      assert.equal(check('http://127.0.0.1:8080', { region: 'own' }), true);
      assert.equal(check('http://x.example', { region: 'own', allowPlain: true }), true);
      for (const bad of ['', 'x', 'http://x.example', 'mqtt://x'])
        assert.equal(typeof check(bad, { region: 'own' }), 'string');
    });

    it('the token: an imported example has none, an older flow does not say', () => {
      assert.equal(forms.checkTokenSet.call({}, true, undefined), true);
      assert.equal(forms.checkTokenSet.call({}, undefined, undefined), true);
      assert.equal(typeof forms.checkTokenSet.call({}, false, undefined), 'string');
    });

    it('selectors: a reason with the place, for what can be known without a message', () => {
      const check = (selectors: unknown): unknown =>
        forms.checkSelectors.call({ template: 'gw/devices/:devices' }, selectors, undefined);
      assert.equal(check([{ kind: 'all' }]), true);
      assert.equal(check(undefined), true);
      assert.equal(check([{ kind: 'typed', value: 'payload', type: 'msg' }]), true);
      assert.match(String(check([{ kind: 'ids', value: '', type: 'str' }])), /^devices: /);
      assert.match(String(check([{ kind: 'expression', value: 'a >', type: 'str' }])), /column 4/);
    });

    it('all with a write needs its tick', () => {
      const check = (value: unknown, node: object): unknown =>
        forms.checkAllConfirmed.call({ template: 'gw/devices/:devices', ...node }, value, undefined);
      assert.equal(typeof check(false, { method: 'DELETE', selectors: [{ kind: 'all' }] }), 'string');
      assert.equal(
        typeof check(false, { method: 'PUT', selectors: [{ kind: 'raw', value: 'id=*', type: 'str' }] }),
        'string',
      );
      assert.equal(check(true, { method: 'DELETE', selectors: [{ kind: 'all' }] }), true);
      assert.equal(check(false, { method: 'GET', selectors: [{ kind: 'all' }] }), true);
      assert.equal(check(false, { method: 'PUT', selectors: [{ kind: 'ids', value: '1', type: 'str' }] }), true);
    });

    it('topics: wrong ones, wrong expressions with their column, places without an input', () => {
      const check = (topics: string[], inputs = 0): unknown =>
        forms.checkTopics.call(
          { inputs },
          topics.map((topic) => ({ topic })),
          undefined,
        );
      assert.equal(check(['flespi/message/gw/devices/+']), true);
      assert.equal(check(['${TOPIC}']), true);
      assert.equal(check([], 1), true);
      assert.equal(check(['user/{{who}}'], 1), true);
      for (const bad of [[], ['a/#/b'], [''], ['user/{{who}}']]) assert.equal(typeof check(bad), 'string');
      assert.match(String(check(['$filter/payload=a%20%3E/x'])), /column 4/);
    });
  });

  describe('the topic builder', () => {
    const topics = [
      'flespi/message/gw/devices/+',
      'flespi/message/gw/devices/1,2',
      'flespi/message/gw/channels/+/+',
      'flespi/state/gw/devices/+/telemetry/position,battery.level',
      'flespi/state/gw/devices/12/connected',
      'flespi/state/platform/customer/counters/#',
      'flespi/log/gw/devices/+/commands-queue/+/processed',
      '$filter/payload=position.speed%3E80&cid=12/flespi/message/gw/devices/+',
      '$filter/modified_since=1700000000/flespi/message/gw/devices/+',
      '$share/workers/$filter/cid=123/flespi/message/gw/devices/+',
      '$share/by_device:4:1/flespi/+/gw/devices/+/#',
      '$share/by_ident:6/flespi/message/gw/channels/+/+',
      'temperature/+/kitchen',
      'flespi/message/gw/devices/{{payload.device}}',
      '$filter/payload=position.speed%20%3E%20%7B%7Blimit%7D%7D&modified_since={{flow.since}}&cid={{global.cid}}/flespi/message/gw/devices/+',
    ];
    for (const topic of topics) {
      it(`takes apart and builds again: ${topic}`, () => {
        assert.equal(forms.topicOf(forms.modelOf(topic)), topic);
        assert.equal(forms.draftOf(forms.modelOf(topic)), topic);
      });
    }

    it('knows what a topic is about', () => {
      assert.equal(forms.modelOf('flespi/state/gw/devices/+/telemetry/position').entry?.key, 'telemetry');
      assert.equal(forms.modelOf('flespi/state/gw/devices/12').entry?.key, 'deviceItem');
      assert.equal(forms.modelOf('some/thing/else').entry, undefined);
    });

    it('shows a place as what it is filled in from, and writes it again', () => {
      /** [place, type and value of the typed input]. */
      const places: [string, string, string][] = [
        ['{{payload.device}}', 'msg', 'payload.device'],
        ['{{flow.fleet}}', 'flow', 'fleet'],
        ['{{global[disk].fleet}}', 'global', '#:(disk)::fleet'],
        ['{{env.REGION}}', 'env', 'REGION'],
        ['{{msg.flow.x}}', 'msg', 'flow.x'],
        ['1,2', 'str', '1,2'],
        ['1,{{x}}', 'str', '1,{{x}}'],
      ];
      for (const [place, type, value] of places) {
        assert.deepEqual(forms.sourceOf(place), { type, value });
        assert.equal(forms.placeFor(type, value), place);
      }
      assert.equal(forms.placeFor('flow', ' '), '', 'nothing is chosen yet');
    });

    it('keeps what is not finished, and says that it is wrong', () => {
      const model = { ...forms.modelOf('flespi/message/gw/devices/+'), payload: 'position.speed >' };
      assert.throws(() => forms.topicOf(model), { code: 'FLESPI_BAD_EXPRESSION' });
      assert.equal(forms.draftOf(model), '$filter/payload=position.speed%20%3E/flespi/message/gw/devices/+');
    });
  });

  it('resources are found by words of their title and path, the usual ones first', () => {
    const found = forms.searchResources('device tele');
    assert.equal(found[0]?.value, 'gw/devices/:devices/telemetry/:parameters');
    assert.equal(forms.searchResources('')[0]?.value, 'gw/devices/:devices');
    assert.deepEqual(forms.searchResources('no such thing'), []);
  });

  it('the last entry of a list of fields is completed, without what is there already', () => {
    assert.deepEqual(
      forms.suggestFields('id, na', ['id', 'name', 'metadata']).map(({ value }) => value),
      ['id, name'],
    );
    assert.ok(!forms.suggestFields('id, ', ['id', 'name']).some(({ value }) => value === 'id, id'));
  });
});
