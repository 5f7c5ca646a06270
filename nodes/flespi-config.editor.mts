import { plain } from './editor/plain.mts';
import { askRuntime, describeAccount } from './editor/account-request.mts';
import { checkAddress, checkTokenSet } from './editor/config-checks.mts';
import { checkNumber } from './editor/number-check.mts';
import { showDefaults } from './editor/missing-properties.mts';
import { label, text } from './editor/text.mts';

RED.nodes.registerType('flespi-config', {
  category: 'config',
  defaults: {
    name: { value: '' },
    /** `eu`, or `own` with the two addresses below. */
    region: { value: 'eu' },
    /** REST origin such as `http://127.0.0.1:8080`; only with region `own`. */
    restUrl: { value: '', label: label('flespi-config.restUrl'), validate: checkAddress('restUrl') },
    /** MQTT address, `mqtt:`, `mqtts:`, `ws:` or `wss:`; only with region `own`. */
    mqttUrl: { value: '', label: label('flespi-config.mqttUrl'), validate: checkAddress('mqttUrl') },
    /** `tcp` (8883) or `ws` (443); only with region `eu`. */
    mqttVia: { value: 'tcp' },
    /** Ticked: addresses without encryption are accepted for other machines than this one. */
    allowPlain: { value: false },
    tls: { value: '', type: 'tls-config', required: false },
    proxy: { value: '', type: 'http proxy', required: false },
    /** MQTT version: `5` or `4` (3.1.1). */
    protocolVersion: { value: '5' },
    clientId: { value: '' },
    /** Ticked: the broker keeps subscriptions and QoS 1 messages while Node-RED is away. */
    persistent: { value: false },
    /** How long it keeps them, in hours. */
    sessionHours: { value: '24', label: label('flespi-config.sessionHours'), validate: checkNumber(1, 8760) },
    /** Seconds. */
    keepalive: { value: '60', label: label('flespi-config.keepalive'), validate: checkNumber(5, 65_535) },
    /** Subaccount for everything that this account node does; empty is the token's own account. */
    cid: { value: '', label: label('flespi-config.cid'), validate: checkNumber(1, Number.MAX_SAFE_INTEGER, 'blank') },
    /** Most calls per minute over all nodes; empty is no limit of our own. */
    callsPerMinute: {
      value: '',
      label: label('flespi-config.callsPerMinute'),
      validate: checkNumber(1, 100_000, 'blank'),
    },
    /** Most calls in flight at a time over all nodes. */
    callsAtOnce: { value: '8', label: label('flespi-config.callsAtOnce'), validate: checkNumber(1, 100) },
    /** Says that a token is stored, without being it; `false` in imported examples makes the red triangle. */
    tokenSet: { value: false, label: label('flespi-config.token'), validate: checkTokenSet },
  },
  credentials: { token: { type: 'password' } },
  paletteLabel: 'flespi account',
  label() {
    return this.name || 'flespi';
  },
  oneditprepare() {
    showDefaults(this, 'node-config-input');
    // A new node has no token yet, and its triangle would only say what the empty field says.
    const region = $('#node-config-input-region').on('change', () => {
      const own = region.val() === 'own';
      $('.flespi-own').toggle(own);
      $('.flespi-eu').toggle(!own);
      // Their validity depends on the region, and the editor checks a field only when it changes itself.
      $('#node-config-input-restUrl, #node-config-input-mqttUrl').trigger('change');
    });
    region.trigger('change');
    $('#node-config-input-allowPlain').on('change', () => {
      $('#node-config-input-restUrl, #node-config-input-mqttUrl').trigger('change');
    });
    const persistent = $('#node-config-input-persistent').on('change', () => {
      $('.flespi-persistent').toggle(persistent.is(':checked'));
    });
    persistent.trigger('change');
    const { id } = this;
    $('#flespi-test').on('click', () => void testAccount(id));
  },
  oneditsave() {
    this['tokenSet'] = plain($('#node-config-input-token').val()).trim() !== '';
  },
});

interface TestAnswer {
  cid: number;
  access: 'standard' | 'master' | 'acl';
}

const field = (property: string): JQuery => $(`#node-config-input-${property}`);
const value = (property: string): string => plain(field(property).val()).trim();
const ticked = (property: string): boolean => field(property).is(':checked');

/** Asks flespi who the token is; works before the first deploy, with what the open form says. Never rejects. */
async function testAccount(id: string): Promise<void> {
  const answer = $('#flespi-test-answer').removeClass('flespi-good flespi-wrong');
  const say = (sentence: string, mood: 'flespi-good' | 'flespi-wrong'): void => {
    answer.text(sentence).addClass(mood);
  };
  if (value('token') === '') return say(text('flespi-config.test.noToken'), 'flespi-wrong');
  answer.text(text('flespi-config.test.running'));
  const button = $('#flespi-test').prop('disabled', true);
  try {
    const { cid, access } = await askRuntime<TestAnswer>(`${id}/test`, describeAccount(value, ticked));
    if (access === 'master') say(text('flespi-config.test.okMaster'), 'flespi-good');
    else say(text('flespi-config.test.ok', { cid, access: text(`flespi-config.test.${access}`) }), 'flespi-good');
  } catch (error) {
    say((error as Error).message, 'flespi-wrong');
  } finally {
    button.prop('disabled', false);
  }
}
