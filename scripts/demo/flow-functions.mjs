// What the function nodes of the demo flow do. The flow gets the bodies of these functions; `msg` and `flow` are Node-RED's.

/** Runs once, before the first message. */
export function prepare(flow) {
  // All that the page shows. "changes" counts up with every change, "list" changes when vehicles come or go.
  const fleet = { vehicles: {}, list: Date.now(), changes: 0, messages: 0, rpc: 0, updated: 0 };
  flow.set('fleet', flow.get('fleet') || fleet);
}

/** The list of devices → the vehicles of the page. */
export function keepDevices(msg, flow) {
  const fleet = flow.get('fleet');
  const vehicles = {};
  for (const device of msg.payload) {
    vehicles[device.id] = {
      ...fleet.vehicles[device.id],
      id: device.id,
      name: device.name,
      type: device.device_type_name,
      ident: device.configuration?.ident,
      connected: device.connected,
      changed: ++fleet.changes,
    };
  }
  if (Object.keys(vehicles).join() !== Object.keys(fleet.vehicles).join()) fleet.list = Date.now();
  fleet.vehicles = vehicles;
  fleet.updated = Math.floor(Date.now() / 1000);
}

/** One live message → a list with that message, counted. */
export function countMessage(msg, flow) {
  const fleet = flow.get('fleet');
  fleet.messages += 1;
  fleet.updated = Math.floor(Date.now() / 1000);
  msg.payload = [msg.payload];
  return msg;
}

/** Telemetry of all devices → a list of messages, as if every device had just sent all that it last said. */
export function telemetryAsMessages(msg, flow) {
  const fleet = flow.get('fleet');
  fleet.rpc += 1;
  fleet.updated = Math.floor(Date.now() / 1000);
  msg.payload = msg.payload.map(({ id, telemetry }) => {
    const message = { 'device.id': id };
    for (const [name, { value, ts }] of Object.entries(telemetry || {})) {
      message[name] = value;
      message.timestamp = Math.max(message.timestamp || 0, ts);
    }
    return message;
  });
  return msg;
}

/** Messages → what the page knows of each vehicle. */
export function updateVehicles(msg, flow) {
  const fleet = flow.get('fleet');
  for (const message of msg.payload) {
    const vehicle = fleet.vehicles[message['device.id']];
    // Old messages come late when a device was out of contact; the newest one counts.
    if (!vehicle || !(message.timestamp >= (vehicle.seen || 0))) continue;
    const news = {
      seen: message.timestamp,
      lat: message['position.latitude'],
      lon: message['position.longitude'],
      heading: message['position.direction'],
      speed: message['position.speed'],
      ignition: message['engine.ignition.status'],
      fuel: message['can.fuel.level'] ?? message['fuel.level'],
      battery: message['battery.level'],
      voltage: message['external.powersource.voltage'],
      mileage: message['can.vehicle.mileage'] ?? message['vehicle.mileage'],
    };
    // What a message does not mention stays as it was.
    for (const name of Object.keys(news)) if (news[name] !== undefined) vehicle[name] = news[name];
    vehicle.changed = ++fleet.changes;
  }
}

/** flespi/state/gw/devices/123/connected → the vehicle is in contact, or not. */
export function noteContact(msg, flow) {
  const fleet = flow.get('fleet');
  const vehicle = fleet.vehicles[msg.topic.split('/')[4]];
  if (!vehicle) return;
  vehicle.connected = msg.payload === true;
  vehicle.changed = ++fleet.changes;
}

/** GET /fleet/state */
export function answerState(msg, flow) {
  const fleet = flow.get('fleet');
  msg.headers = { 'Cache-Control': 'no-store' };
  msg.payload = {
    devices: Object.keys(fleet.vehicles).length,
    messages: fleet.messages,
    rpc: fleet.rpc,
    updated: fleet.updated,
  };
  return msg;
}

/** GET /fleet/vehicles: the page says what it has (list and since) and gets what has changed. */
export function answerVehicles(msg, flow) {
  const fleet = flow.get('fleet');
  const now = Date.now() / 1000;
  const whole = Number(msg.req.query.list) !== fleet.list;
  const since = Number(msg.req.query.since) || 0;
  const vehicles = Object.values(fleet.vehicles);
  const hasError = fleet.error && now - fleet.error.time < 30;
  msg.headers = { 'Cache-Control': 'no-store' };
  msg.payload = {
    now,
    list: fleet.list,
    changes: fleet.changes,
    whole,
    devices: vehicles.length,
    messages: fleet.messages,
    rpc: fleet.rpc,
    error: hasError ? fleet.error.text : undefined,
    vehicles: vehicles.filter((vehicle) => whole || vehicle.changed > since),
  };
  return msg;
}

/** Messages of the last hour → a trail for each vehicle: latitude, longitude, time, and so on. */
export function answerTrails(msg) {
  const trails = {};
  for (const message of msg.payload) {
    const { timestamp, 'position.latitude': latitude, 'position.longitude': longitude } = message;
    if (typeof latitude !== 'number' || typeof longitude !== 'number') continue;
    trails[message['device.id']] ??= [];
    trails[message['device.id']].push([latitude, longitude, timestamp]);
  }
  msg.headers = { 'Cache-Control': 'no-store' };
  msg.payload = Object.values(trails).map((trail) => trail.sort((a, b) => a[2] - b[2]));
  return msg;
}

/** GET /fleet/vehicles/123: output 1 asks flespi, output 2 answers at once that there is no such vehicle. */
export function whichVehicle(msg, flow) {
  const { vehicles } = flow.get('fleet');
  const { id } = msg.req.params;
  msg.headers = { 'Cache-Control': 'no-store' };
  if (Object.hasOwn(vehicles, id)) {
    msg.vehicle = vehicles[id].id;
    return [msg, null];
  }
  msg.statusCode = 404;
  msg.payload = { error: 'There is no such vehicle.' };
  return [null, msg];
}

/** Telemetry of one device → the answer for the page. */
export function answerTelemetry(msg, flow) {
  const fleet = flow.get('fleet');
  fleet.rpc += 1;
  msg.headers = { 'Cache-Control': 'no-store' };
  msg.payload = { id: msg.vehicle, telemetry: msg.payload[0]?.telemetry || {} };
  return msg;
}

/** The call for the page failed → the page hears why. */
export function answerFailure(msg) {
  msg.headers = { 'Cache-Control': 'no-store' };
  msg.statusCode = 502;
  msg.payload = { error: msg.error.message };
  return msg;
}

/** Any error of this flow → a line on the page for half a minute. */
export function rememberError(msg, flow) {
  flow.get('fleet').error = {
    text: `${msg.error.source.name || msg.error.source.type}: ${msg.error.message}`,
    time: Date.now() / 1000,
  };
  return msg;
}
