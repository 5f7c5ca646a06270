// What the nodes of the demo flow save besides name and place, in the words of their dialogs.

export const account = 'f1e5b1f1e5b1f1e5';

/** The account node of all examples: no token, so that the editor asks for one. */
export const accountNode = {
  id: account,
  type: 'flespi-config',
  name: '',
  region: 'eu',
  restUrl: '',
  mqttUrl: '',
  mqttVia: 'tcp',
  allowPlain: false,
  tls: '',
  proxy: '',
  protocolVersion: '5',
  clientId: '',
  persistent: false,
  sessionHours: '24',
  keepalive: '60',
  cid: '',
  callsPerMinute: '',
  callsAtOnce: '8',
  tokenSet: false,
};

export const all = { kind: 'all', field: '', value: '', type: 'str' };
export const raw = (value) => ({ kind: 'raw', field: '', value, type: 'str' });
export const idsFrom = (property) => ({ kind: 'ids', field: '', value: property, type: 'msg' });

/** A read of flespi-request; what is not given is as the form begins. */
export function request(template, selectors, chosen = {}) {
  return {
    account,
    method: 'GET',
    template,
    selectors,
    fields: '',
    fieldsType: 'str',
    limit: '1000',
    limitType: 'num',
    offset: '0',
    offsetType: 'num',
    results: 'array',
    most: '10000',
    inFlight: '6',
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
    body: 'payload',
    bodyType: 'msg',
    allConfirmed: false,
    repeatUnsafe: false,
    cid: '',
    cidType: 'num',
    timeout: '30',
    deadline: '600',
    version: 1,
    ...chosen,
  };
}

/** The same over MQTT. */
export function rpc(template, selectors, chosen = {}) {
  return { ...request(template, selectors), responseCid: '', responseCidType: 'num', ...chosen };
}

export function subscribe(topic) {
  return {
    account,
    topics: [{ topic, qos: '0', rh: '0' }],
    datatype: 'auto',
    inputs: 0,
    newerOnly: false,
    output: 'each',
    batchCount: '100',
    batchMilliseconds: '1000',
    confirm: false,
    confirmMost: '100',
    confirmSeconds: '60',
    confirmLate: 'acknowledge',
    version: 1,
  };
}

/** A function node with the body of a function, as somebody would have typed it. */
export function functionNode(body, outputs = 1, initialize) {
  return {
    func: bodyOf(body),
    outputs,
    timeout: 0,
    noerr: 0,
    initialize: initialize ? bodyOf(initialize) : '',
    finalize: '',
    libs: [],
  };
}

function bodyOf(fn) {
  const source = fn.toString();
  return source
    .slice(source.indexOf('{\n') + 2, source.lastIndexOf('\n'))
    .split('\n')
    .map((line) => line.replace(/^ {2}/, ''))
    .join('\n');
}

/** Once after so many seconds, then every so many. */
export function inject(onceDelay, repeat) {
  return { props: [], repeat: String(repeat), crontab: '', once: true, onceDelay: String(onceDelay), topic: '' };
}

export function template(text) {
  return { field: 'payload', fieldType: 'msg', format: 'html', syntax: 'plain', template: text, output: 'str' };
}

export function httpIn(url) {
  return { url, method: 'get', upload: false, skipBodyParsing: false, swaggerDoc: '' };
}

export const httpResponse = { statusCode: '', headers: {} };

/** Lets messages through whose property is this text. */
export function onlyIf(property, value) {
  return {
    property,
    propertyType: 'msg',
    rules: [{ t: 'eq', v: value, vt: 'str' }],
    checkall: 'true',
    repair: false,
    outputs: 1,
  };
}

export function debug(complete) {
  return {
    active: true,
    tosidebar: true,
    console: false,
    tostatus: false,
    complete,
    targetType: 'msg',
    statusVal: '',
    statusType: 'auto',
  };
}

/** Errors of some nodes, or of all. */
export function catchErrors(scope) {
  return { scope: scope ? scope.map(({ id }) => id) : null, uncaught: false };
}
