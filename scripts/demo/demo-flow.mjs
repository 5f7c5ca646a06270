import * as functions from './flow-functions.mjs';

const tab = 'f1e5b10000000001';
const account = 'f1e5b1f1e5b1f1e5';
let nextId = 0x10;

/**
 * The demo flow with the page inside, as `examples/demo.json` holds it. Rows of nodes from left to right, one group for each
 * thing that the flow does.
 */
export function demoFlow(page) {
  nextId = 0x10;
  const flow = [
    {
      id: tab,
      type: 'tab',
      label: 'Fleet on a page',
      disabled: false,
      info: 'A live map of your flespi devices at `/fleet`. Open the account node, paste a token, deploy, and open the page.',
    },
    {
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
    },
  ];
  const add = (node) => {
    flow.push(node);
    return node;
  };
  const place = (type, name, x, y, properties = {}) =>
    add({ id: idOf(), type, z: tab, name, ...properties, x, y, wires: [] });
  const wire = (from, ...outputs) => (from.wires = outputs.map((targets) => [targets].flat().map(({ id }) => id)));
  const group = (name, members) => {
    const id = idOf();
    const ys = members.map(({ y }) => y);
    for (const member of members) member.g = id;
    add({
      id,
      type: 'group',
      z: tab,
      name,
      style: { label: true, stroke: '#8fa5ab', fill: '#e9f1f3', 'fill-opacity': '0.35', color: '#3f5f66' },
      nodes: members.map((member) => member.id),
      x: 34,
      y: Math.min(...ys) - 41,
      w: 1132,
      h: Math.max(...ys) - Math.min(...ys) + 82,
    });
  };

  const intro = place('comment', 'A live map of your flespi devices: deploy, then open /fleet', 260, 40, {
    info: introduction,
  });

  // 1. The list of devices, by HTTP
  const listNow = place('inject', 'now and every minute', 170, 140, inject('60'));
  const list = place('flespi-request', 'list all devices', 400, 140, {
    ...call('gw/devices/:devices', [{ kind: 'all', field: '', value: '', type: 'str' }]),
    fields: 'id,name,device_type_name,configuration.ident,connected',
  });
  const keep = place(
    'function',
    'keep the devices',
    660,
    140,
    functionNode(functions.keepDevices, 0, functions.prepare),
  );
  wire(listNow, list);
  wire(list, keep);
  group('1 · Which devices there are: one HTTP call, every page of the answer, only the fields that are needed', [
    listNow,
    list,
    keep,
  ]);

  // 2. Live messages and contact, by MQTT
  const live = place('flespi-subscribe', 'messages with a position', 190, 260, {
    ...subscribe('$filter/payload=exists(%22position.latitude%22)/flespi/message/gw/devices/+'),
  });
  const counted = place('function', 'count', 400, 260, functionNode(functions.countMessage));
  const update = place('function', 'update the vehicles', 670, 260, functionNode(functions.updateVehicles, 0));
  const contact = place(
    'flespi-subscribe',
    'connected or not',
    170,
    320,
    subscribe('flespi/state/gw/devices/+/connected'),
  );
  const note = place('function', 'note the contact', 660, 320, functionNode(functions.noteContact, 0));
  wire(live, counted);
  wire(counted, update);
  wire(contact, note);
  group('2 · What happens now: live messages that the broker filters, and retained states', [
    live,
    counted,
    update,
    contact,
    note,
  ]);

  // 3. A snapshot of telemetry, by RPC
  const snapshotNow = place('inject', 'soon and every minute', 170, 440, { ...inject('60'), onceDelay: '3' });
  const snapshot = place('flespi-rpc', 'telemetry of all devices', 410, 440, {
    ...call('gw/devices/:devices/telemetry/:parameters', [
      { kind: 'all', field: '', value: '', type: 'str' },
      { kind: 'raw', field: '', value: snapshotParameters, type: 'str' },
    ]),
    responseCid: '',
    responseCidType: 'num',
  });
  const flat = place('function', 'telemetry as messages', 670, 440, functionNode(functions.telemetryAsMessages));
  wire(snapshotNow, snapshot);
  wire(snapshot, flat);
  wire(flat, update);
  group(
    '3 · What was said before: telemetry over the same MQTT connection, in chunks, fills in what is still missing',
    [snapshotNow, snapshot, flat],
  );

  // 4. The page and its data
  const pageIn = place('http in', '', 140, 560, httpIn('/fleet'));
  const template = place('template', 'the page', 400, 560, {
    field: 'payload',
    fieldType: 'msg',
    format: 'html',
    syntax: 'plain',
    template: page,
    output: 'str',
  });
  const pageOut = place('http response', '', 950, 560, httpResponse);
  const stateIn = place('http in', '', 160, 620, httpIn('/fleet/state'));
  const state = place('function', 'how much there is', 410, 620, functionNode(functions.answerState));
  const stateOut = place('http response', '', 950, 620, httpResponse);
  const vehiclesIn = place('http in', '', 170, 680, httpIn('/fleet/vehicles'));
  const vehicles = place('function', 'what has changed', 410, 680, functionNode(functions.answerVehicles));
  const vehiclesOut = place('http response', '', 950, 680, httpResponse);
  const oneIn = place('http in', '', 180, 740, httpIn('/fleet/vehicles/:id'));
  const which = place('function', 'which vehicle?', 400, 740, functionNode(functions.whichVehicle, 2));
  const one = place('flespi-rpc', 'all its telemetry', 590, 740, {
    ...call('gw/devices/:devices/telemetry/:parameters', [
      { kind: 'ids', field: '', value: 'vehicle', type: 'msg' },
      { kind: 'all', field: '', value: '', type: 'str' },
    ]),
    timeout: '6',
    deadline: '7',
    responseCid: '',
    responseCidType: 'num',
  });
  const answer = place('function', 'answer', 770, 740, functionNode(functions.answerTelemetry));
  const oneOut = place('http response', '', 950, 740, httpResponse);
  const failed = place('catch', 'that call failed', 580, 800, { scope: [one.id], uncaught: false });
  const sorry = place('function', 'say why', 770, 800, functionNode(functions.answerFailure));
  wire(pageIn, template);
  wire(template, pageOut);
  wire(stateIn, state);
  wire(state, stateOut);
  wire(vehiclesIn, vehicles);
  wire(vehicles, vehiclesOut);
  wire(oneIn, which);
  wire(which, one, oneOut);
  wire(one, answer);
  wire(answer, oneOut);
  wire(failed, sorry);
  wire(sorry, oneOut);
  group(
    '4 · The page: its HTML, its figures, its vehicles; a click on a vehicle asks flespi for all of its telemetry',
    [
      pageIn,
      template,
      pageOut,
      stateIn,
      state,
      stateOut,
      vehiclesIn,
      vehicles,
      vehiclesOut,
      oneIn,
      which,
      one,
      answer,
      oneOut,
      failed,
      sorry,
    ],
  );

  // 5. Errors
  const caught = place('catch', 'any error', 130, 920, { scope: null, uncaught: false });
  const remember = place('function', 'show it on the page', 410, 920, functionNode(functions.rememberError));
  const errors = place('debug', 'errors', 650, 920, debug('error'));
  const statuses = place('status', 'status of our nodes', 160, 980, {
    scope: [list, live, contact, snapshot, one].map(({ id }) => id),
  });
  const isRed = place('switch', 'is it red?', 380, 980, {
    property: 'status.fill',
    propertyType: 'msg',
    rules: [{ t: 'eq', v: 'red', vt: 'str' }],
    checkall: 'true',
    repair: false,
    outputs: 1,
  });
  const trouble = place('debug', 'trouble', 650, 980, debug('status.text'));
  wire(caught, remember);
  wire(remember, errors);
  wire(statuses, isRed);
  wire(isRed, trouble);
  group('5 · What goes wrong is seen: in the debug sidebar and on the page', [
    caught,
    remember,
    errors,
    statuses,
    isRed,
    trouble,
  ]);

  for (const node of flow) if (node.type === 'comment') node.wires = [];
  void intro;
  return flow;
}

const snapshotParameters = [
  'position.latitude',
  'position.longitude',
  'position.direction',
  'position.speed',
  'engine.ignition.status',
  'can.fuel.level',
  'fuel.level',
  'battery.level',
  'external.powersource.voltage',
  'can.vehicle.mileage',
  'vehicle.mileage',
].join();

const introduction = `Double-click any flespi node, open its **account**, paste a token, and deploy. The page is at \`/fleet\`.

Try this:
- in group 1, change the selector from *all* to a field, such as \`device_type_name = fmc640\`: the page shows only those
- in group 2, filter for \`position.speed > 60\`: only fast vehicles move
- in group 3, ask for more parameters, and look at them in a debug node

A token that may read \`gw/devices\` with its \`telemetry\`, and subscribe to \`flespi/message/gw/devices/+\` and
\`flespi/state/gw/devices/+/connected\`, is all that this flow needs.`;

function idOf() {
  nextId += 1;
  return `f1e5b1000000${nextId.toString(16).padStart(4, '0')}`;
}

/** A function node with the body of a function, as somebody would have typed it. */
function functionNode(body, outputs = 1, initialize) {
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

function inject(repeat) {
  return { props: [], repeat, crontab: '', once: true, onceDelay: '0.5', topic: '' };
}

/** A read of flespi-request or flespi-rpc with everything else as the form begins. */
function call(template, selectors) {
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
    inFlight: '4',
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
  };
}

function subscribe(topic) {
  return { account, topics: [{ topic, qos: '0', rh: '0' }], datatype: 'auto', inputs: 0, newerOnly: false, version: 1 };
}

function httpIn(url) {
  return { url, method: 'get', upload: false, skipBodyParsing: false, swaggerDoc: '' };
}

const httpResponse = { statusCode: '', headers: {} };

function debug(complete) {
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
