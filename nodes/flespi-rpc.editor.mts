RED.nodes.registerType('flespi-rpc', {
  category: 'flespi',
  color: '#A9C8CF',
  defaults: {
    name: { value: '' },
    account: { value: '', type: 'flespi-config', required: true },
    /** GET, POST, PUT, PATCH, DELETE or `msg` for msg.method. */
    method: { value: 'GET' },
    /** Resource path; a level that begins with a colon is a selector slot. */
    template: { value: 'gw/devices/:devices' },
    /**
     * One per slot: `{ kind, field, value, type }`. kind is all, ids, field, group, expression, raw or `typed`;
     * `field` is only for kind `field`; `type` is a typed input's: str, num, json, msg, flow, global, env, jsonata.
     */
    selectors: { value: [{ kind: 'all', field: '', value: '', type: 'str' }] },
    /** Comma list. */
    fields: { value: '' },
    fieldsType: { value: 'str' },
    limit: { value: '1000' },
    limitType: { value: 'num' },
    offset: { value: '0' },
    offsetType: { value: 'num' },
    /** page, pages, items or array. */
    results: { value: 'array' },
    most: { value: '10000' },
    inFlight: { value: '4' },
    /** Time range of time-series reads: `last`, `previous` (since the previous run), `between` or `none`. */
    range: { value: 'last' },
    rangeAmount: { value: '24' },
    /** minutes, hours or days. */
    rangeUnit: { value: 'hours' },
    from: { value: '' },
    fromType: { value: 'str' },
    to: { value: '' },
    toType: { value: 'str' },
    /** Most records per request; empty leaves it to flespi. */
    count: { value: '' },
    countType: { value: 'num' },
    reverse: { value: false },
    filter: { value: '' },
    filterType: { value: 'str' },
    /** More parameters for `data`. */
    data: { value: '' },
    dataType: { value: 'json' },
    body: { value: 'payload' },
    bodyType: { value: 'msg' },
    allConfirmed: { value: false },
    repeatUnsafe: { value: false },
    /** Subaccount of this call; empty is the account node's. */
    cid: { value: '' },
    cidType: { value: 'num' },
    /** Seconds for one request. */
    timeout: { value: '30' },
    /** Seconds for the whole call with all its pages. */
    deadline: { value: '600' },
    /** Subaccount that gets the answer instead of this flow; empty is none. */
    responseCid: { value: '' },
    responseCidType: { value: 'num' },
    version: { value: 1 },
  },
  inputs: 1,
  outputs: 1,
  icon: 'flespi.svg',
  paletteLabel: 'flespi rpc',
  label() {
    return this.name || `${this.method} ${this.template}`;
  },
});
