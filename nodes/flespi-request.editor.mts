import { checkAllConfirmed, checkFilter, checkMethod, checkSelectors, checkTemplate } from './editor/call-checks.mts';
import { CallForm, callLabel } from './editor/call-form.mts';
import { checkNumber } from './editor/number-check.mts';
import { label } from './editor/text.mts';

let form: CallForm | undefined;

RED.nodes.registerType('flespi-request', {
  category: 'flespi',
  color: '#A9C8CF',
  defaults: {
    name: { value: '' },
    account: { value: '', type: 'flespi-config', required: true, label: label('call.account') },
    /** GET, POST, PUT, PATCH, DELETE or `msg` for msg.method. */
    method: { value: 'GET', label: label('call.method'), validate: checkMethod },
    /** Resource path; a level that begins with a colon is a selector slot. */
    template: { value: 'gw/devices/:devices', label: label('call.resource'), validate: checkTemplate },
    /**
     * One per slot: `{ kind, field, value, type }`. kind is all, ids, field, group, expression, raw or `typed`;
     * `field` is only for kind `field`; `type` is a typed input's: str, num, json, msg, flow, global, env, jsonata.
     */
    selectors: {
      value: [{ kind: 'all', field: '', value: '', type: 'str' }],
      label: label('call.selectors'),
      validate: checkSelectors,
    },
    /** Comma list. */
    fields: {
      value: '',
      label: label('call.fields'),
      validate: RED.validators.typedInput({ typeField: 'fieldsType', allowBlank: true, allowUndefined: true }),
    },
    fieldsType: { value: 'str' },
    limit: {
      value: '1000',
      label: label('call.results.limit'),
      validate: RED.validators.typedInput({ typeField: 'limitType', allowBlank: true, allowUndefined: true }),
    },
    limitType: { value: 'num' },
    offset: {
      value: '0',
      label: label('call.results.offset'),
      validate: RED.validators.typedInput({ typeField: 'offsetType', allowBlank: true, allowUndefined: true }),
    },
    offsetType: { value: 'num' },
    /** page, pages, items or array. */
    results: { value: 'array' },
    most: { value: '10000', label: label('call.results.most'), validate: checkNumber(1, 1_000_000) },
    inFlight: { value: '6', label: label('call.advanced.inFlight'), validate: checkNumber(1, 16) },
    /** Time range of time-series reads: `last`, `previous` (since the previous run), `between` or `none`. */
    range: { value: 'last' },
    rangeAmount: { value: '24', label: label('call.range.label'), validate: checkNumber(1, 1_000_000) },
    /** minutes, hours or days. */
    rangeUnit: { value: 'hours' },
    from: {
      value: '',
      label: label('call.range.from'),
      validate: RED.validators.typedInput({ typeField: 'fromType', allowBlank: true, allowUndefined: true }),
    },
    fromType: { value: 'str' },
    to: {
      value: '',
      label: label('call.range.to'),
      validate: RED.validators.typedInput({ typeField: 'toType', allowBlank: true, allowUndefined: true }),
    },
    toType: { value: 'str' },
    /** Most records per request; empty leaves it to flespi. */
    count: {
      value: '',
      label: label('call.results.count'),
      validate: RED.validators.typedInput({ typeField: 'countType', allowBlank: true, allowUndefined: true }),
    },
    countType: { value: 'num' },
    reverse: { value: false },
    filter: { value: '', label: label('call.range.filter'), validate: checkFilter },
    filterType: { value: 'str' },
    /** More parameters for `data`. */
    data: {
      value: '',
      label: label('call.advanced.data'),
      validate: RED.validators.typedInput({ typeField: 'dataType', allowBlank: true, allowUndefined: true }),
    },
    dataType: { value: 'json' },
    body: { value: 'payload' },
    bodyType: { value: 'msg' },
    allConfirmed: { value: false, label: label('call.allConfirmed'), validate: checkAllConfirmed },
    repeatUnsafe: { value: false },
    /** Subaccount of this call; empty is the account node's. */
    cid: {
      value: '',
      label: label('call.advanced.cid'),
      validate: RED.validators.typedInput({ typeField: 'cidType', allowBlank: true, allowUndefined: true }),
    },
    cidType: { value: 'num' },
    /** Seconds for one request. */
    timeout: { value: '30', label: label('call.advanced.timeout'), validate: checkNumber(1, 3600) },
    /** Seconds for the whole call with all its pages. */
    deadline: { value: '600', label: label('call.advanced.deadline'), validate: checkNumber(1, 86_400) },
    version: { value: 1 },
  },
  inputs: 1,
  outputs: 1,
  icon: 'flespi.svg',
  paletteLabel: 'flespi request',
  label() {
    return this.name || callLabel(this);
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    form = new CallForm(this, 'http');
  },
  oneditsave() {
    form?.save(this);
    form?.close();
  },
  oneditcancel() {
    form?.close();
  },
});
