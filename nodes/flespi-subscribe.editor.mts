import { deliveryRows } from './editor/delivery-rows.mts';
import { showDefaults } from './editor/missing-properties.mts';
import { noticeForMqtt3 } from './editor/mqtt-version.mts';
import { checkNumber } from './editor/number-check.mts';
import { plain } from './editor/plain.mts';
import { label, packageName } from './editor/text.mts';
import { checkTopics } from './editor/topic-checks.mts';
import { drawTopicRow, type TopicRow } from './editor/topic-row.mts';
import { bareFilter } from './protocol/topic-match.ts';

const text = (key: string): string => RED._(`${packageName}/flespi-subscribe:flespi-subscribe.${key}`);

const newRow = (): TopicRow => ({ topic: 'flespi/message/gw/devices/+', qos: '0', rh: '0' });

/** What stands in the list; a row that was removed fades out for a while, and is in it so long. */
const topicRows = (list: JQuery): TopicRow[] =>
  list
    .editableList('items')
    .toArray()
    .map((item) => $(item))
    .filter((item) => item.closest('.red-ui-editableList-item-deleting').length === 0)
    .map((item) => item.data('data') as TopicRow);

RED.nodes.registerType('flespi-subscribe', {
  category: 'flespi',
  color: '#A9C8CF',
  defaults: {
    name: { value: '' },
    account: { value: '', type: 'flespi-config', required: true, label: label('call.account') },
    /** `{ topic, qos, rh }` each: the exact topic filter, 0 or 1, retain handling 0, 1 or 2. */
    topics: {
      value: [{ topic: 'flespi/message/gw/devices/+', qos: '0', rh: '0' }],
      label: text('topics'),
      validate: checkTopics,
    },
    /** auto, json, text or buffer. */
    datatype: { value: 'auto' },
    /** 1 gives the node an input for msg.action and for confirmations. */
    inputs: { value: 0 },
    /** Only what is newer than the last message of the same topic. */
    newerOnly: { value: false },
    /** each: a message per publication; batch: a message for what arrived together. */
    output: { value: 'each' },
    batchCount: { value: '100', label: text('batchCount'), validate: checkNumber(1, 10_000) },
    batchMilliseconds: { value: '1000', label: text('batchMilliseconds'), validate: checkNumber(1, 3_600_000) },
    /** The flow confirms what it has done, by msg.flespi.ack. */
    confirm: { value: false },
    /** Unconfirmed at a time, for each topic. */
    confirmMost: { value: '100', label: text('confirmMost'), validate: checkNumber(1, 1000) },
    confirmSeconds: { value: '60', label: text('confirmSeconds'), validate: checkNumber(1, 86_400) },
    /** acknowledge or again. */
    confirmLate: { value: 'acknowledge' },
    version: { value: 1 },
  },
  inputs: 0,
  outputs: 1,
  icon: 'flespi.svg',
  paletteLabel: 'flespi subscribe',
  label() {
    const [first, ...more] = Array.isArray(this['topics']) ? (this['topics'] as TopicRow[]) : [];
    if (this.name || !first) return this.name || 'flespi subscribe';
    // Without conditions and group: they are encoded, and the workspace has no room for them.
    const bare = bareFilter(plain(first.topic));
    const topic = bare.length > 50 ? `${bare.slice(0, 48)}…` : bare;
    return more.length > 0 ? `${topic} +${more.length}` : topic;
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    showDefaults(this, 'node-input');
    const account = $('#node-input-account');
    const list = $('#node-input-topics-list');
    let look = (): void => {};
    list.editableList<Partial<TopicRow>>({
      addItem(container, _index, data) {
        const fresh = data.topic === undefined;
        const row = Object.assign(data, { ...newRow(), ...data });
        drawTopicRow(container, row, () => plain(account.val()), fresh);
      },
      removeItem: () => look(),
      addButton: text('add'),
      removable: true,
      sortable: true,
      height: 'auto',
      ariaLabel: text('topics'),
    });
    const topics = Array.isArray(this['topics']) ? (this['topics'] as TopicRow[]) : [];
    for (const row of topics) list.editableList('addItem', { ...row });

    $('#flespi-dynamic').prop('checked', Number(this['inputs']) === 1);
    look = deliveryRows(() => topicRows(list));
    noticeForMqtt3($('#flespi-mqtt3'));
  },
  oneditsave() {
    this['topics'] = topicRows($('#node-input-topics-list'))
      .filter(({ topic }) => topic.trim() !== '')
      .map(({ topic, qos, rh }) => ({ topic: topic.trim(), qos, rh }));
    // A hidden input, because the editor takes the number of inputs from there.
    $('#node-input-inputs').val($('#flespi-dynamic').is(':checked') ? 1 : 0);
  },
});
