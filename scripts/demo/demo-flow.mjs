import * as functions from './flow-functions.mjs';
import { FlowSheet } from './flow-sheet.mjs';
import * as node from './node-defaults.mjs';

/** Left edges of the columns. */
const [first, second, third, fourth, last] = [70, 370, 610, 820, 1000];

/**
 * The demo flow with the page inside, as `examples/demo.json` holds it. Rows of nodes from left to right, a group for each
 * thing that the flow does.
 */
export function demoFlow(page) {
  const sheet = new FlowSheet({
    id: 'f1e5b10000000001',
    type: 'tab',
    label: 'Fleet on a page',
    disabled: false,
    info: introduction,
  });
  sheet.nodes.push(node.accountNode);
  const title = 'A live map of your flespi devices: set the account, deploy, open /fleet';
  sheet.place('comment', title, first - 20, 40, { info: introduction });

  const list = sheet.group(
    '1 · Which devices there are: one HTTP call, all pages of the answer, only these fields',
    () => addList(sheet),
  );
  const { live, contact, update } = sheet.group(
    '2 · What happens now: live messages that the broker has filtered, and states that it has retained',
    () => addLive(sheet),
  );
  const snapshot = sheet.group(
    '3 · What was said before: telemetry over the same MQTT connection, in chunks, fills in what is missing',
    () => addSnapshot(sheet, update),
  );
  const { past, one } = sheet.group(
    '4 · The page, and what it asks for: figures, changes, trails, and all telemetry of the vehicle that was clicked',
    () => addPage(sheet, page),
  );
  sheet.group('5 · What goes wrong can be seen: in the debug sidebar, and for half a minute on the page', () =>
    addErrors(sheet, [list, live, contact, snapshot, past, one]),
  );
  return sheet.nodes;
}

function addList(sheet) {
  const now = sheet.place('inject', 'now and every minute', first, 140, node.inject(0.5, 60));
  const list = sheet.place('flespi-request', 'list all devices', second, 140, {
    ...node.request('gw/devices/:devices', [node.all]),
    fields: 'id,name,device_type_name,configuration.ident,connected',
  });
  const keep = sheet.place('function', 'keep the devices', third, 140, {
    ...node.functionNode(functions.keepDevices, 0, functions.prepare),
  });
  sheet.chain(now, list, keep);
  return list;
}

function addLive(sheet) {
  const live = sheet.place('flespi-subscribe', 'messages with a position', first, 260, node.subscribe(livePositions));
  const count = sheet.place('function', 'count', third, 260, node.functionNode(functions.countMessage));
  const update = sheet.place('function', 'update the vehicles', last - 80, 260, {
    ...node.functionNode(functions.updateVehicles, 0),
  });
  const contact = sheet.place('flespi-subscribe', 'connected or not', first, 320, node.subscribe(connected));
  const note = sheet.place('function', 'note the contact', third, 320, node.functionNode(functions.noteContact, 0));
  sheet.chain(live, count, update);
  sheet.chain(contact, note);
  return { live, contact, update };
}

function addSnapshot(sheet, update) {
  const soon = sheet.place('inject', 'soon and every minute', first, 440, node.inject(3, 60));
  const selectors = [node.all, node.raw(snapshotParameters.join())];
  const snapshot = sheet.place('flespi-rpc', 'telemetry of all devices', second, 440, {
    ...node.rpc('gw/devices/:devices/telemetry/:parameters', selectors),
  });
  const flat = sheet.place('function', 'as messages', fourth - 150, 440, {
    ...node.functionNode(functions.telemetryAsMessages),
  });
  sheet.chain(soon, snapshot, flat, update);
  return snapshot;
}

/** The page with its data; gives the nodes that ask flespi for it. */
function addPage(sheet, page) {
  const door = (url, y) => [
    sheet.place('http in', '', first, y, node.httpIn(url)),
    sheet.place('http response', '', last, y, node.httpResponse),
  ];
  const [pageIn, pageOut] = door('/fleet', 560);
  const text = sheet.place('template', 'the page', second, 560, node.template(page));
  sheet.chain(pageIn, text, pageOut);

  const [stateIn, stateOut] = door('/fleet/state', 620);
  const state = sheet.place('function', 'how much there is', second, 620, node.functionNode(functions.answerState));
  sheet.chain(stateIn, state, stateOut);

  const [changesIn, changesOut] = door('/fleet/vehicles', 680);
  const changes = sheet.place('function', 'what has changed', second, 680, node.functionNode(functions.answerVehicles));
  sheet.chain(changesIn, changes, changesOut);

  const [trailsIn, trailsOut] = door('/fleet/trails', 740);
  const past = sheet.place('flespi-request', 'messages of the last hour', second, 740, {
    ...node.request('gw/devices/:devices/messages', [node.all], {
      fields: 'timestamp,device.id,position.latitude,position.longitude',
      rangeAmount: '1',
      most: '20000',
      deadline: '20',
    }),
  });
  const trails = sheet.place('function', 'trails', fourth, 740, node.functionNode(functions.answerTrails));
  sheet.chain(trailsIn, past, trails, trailsOut);

  const [oneIn, oneOut] = door('/fleet/vehicles/:id', 830);
  const which = sheet.place('function', 'which vehicle?', second, 830, node.functionNode(functions.whichVehicle, 2));
  const one = sheet.place('flespi-rpc', 'all its telemetry', third - 20, 800, {
    ...node.rpc('gw/devices/:devices/telemetry/:parameters', [node.idsFrom('vehicle'), node.all], {
      timeout: '6',
      deadline: '7',
    }),
  });
  const answer = sheet.place('function', 'answer', fourth, 800, node.functionNode(functions.answerTelemetry));
  const failed = sheet.place('catch', 'could not be asked', third - 20, 890, node.catchErrors([past, one]));
  const sorry = sheet.place('function', 'say why', fourth, 890, node.functionNode(functions.answerFailure));
  sheet.chain(one, answer, oneOut);
  sheet.chain(oneIn, which);
  sheet.wire(which, one, oneOut);
  sheet.chain(failed, sorry, oneOut);
  return { past, one };
}

function addErrors(sheet, ours) {
  const caught = sheet.place('catch', 'any error', first, 1010, node.catchErrors());
  const show = sheet.place('function', 'show it on the page', second, 1010, node.functionNode(functions.rememberError));
  const errors = sheet.place('debug', 'errors', third, 1010, node.debug('error'));
  const statuses = sheet.place('status', 'status of the flespi nodes', first, 1070, {
    scope: ours.map(({ id }) => id),
  });
  const isRed = sheet.place('switch', 'is it red?', second, 1070, node.onlyIf('status.fill', 'red'));
  const trouble = sheet.place('debug', 'trouble', third, 1070, node.debug('status.text'));
  sheet.chain(caught, show, errors);
  sheet.chain(statuses, isRed, trouble);
}

const livePositions = '$filter/payload=exists(%22position.latitude%22)/flespi/message/gw/devices/+';
const connected = 'flespi/state/gw/devices/+/connected';

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
];

const introduction = `Double-click any flespi node, open its **account**, paste a token, deploy. The page is at \`/fleet\`.

Try this:
- in group 1, change the selector from *all* to a field, such as \`device_type_name = fmc640\`: the page shows only those
- in group 2, filter for \`position.speed > 40\`: only fast vehicles move
- in group 3, ask for more parameters, and look at them in a debug node

The flow needs a token that may read \`gw/devices\` with \`telemetry\` and \`messages\`, and subscribe to
\`flespi/message/gw/devices/+\` and \`flespi/state/gw/devices/+/connected\`.`;
