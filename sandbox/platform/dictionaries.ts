/** Where a command can go: down the open connection, or by text message. */
export type CommandAddress = 'connection' | 'sms';

/** A command that a device type knows (flespi KB "Send commands to devices"). */
export interface CommandType {
  name: string;
  title: string;
  address: readonly CommandAddress[];
  schema: Readonly<Record<string, unknown>>;
  examples: readonly Readonly<Record<string, unknown>>[];
}

/** A setting that a device type has; `default` is what a new device answers when asked. */
export interface SettingType {
  name: string;
  title: string;
  schema: Readonly<Record<string, unknown>>;
  default: Readonly<Record<string, unknown>>;
}

export interface DeviceType {
  id: number;
  name: string;
  title: string;
  protocol_id: number;
  commands: readonly CommandType[];
  settings: readonly SettingType[];
  features: Readonly<Record<string, boolean>>;
}

/** An entry of a dictionary with nothing but names. */
export interface Named {
  id: number;
  name: string;
  title: string;
}

/**
 * Protocols and device types that the sandbox knows: real names, ids of our own. Enough to make every use case of the
 * selector table; the real lists have hundreds of protocols and thousands of types.
 */
export const protocols: readonly Named[] = [
  { id: 3, name: 'wialon-ips', title: 'Wialon IPS' },
  { id: 13, name: 'micodus', title: 'MiCODUS' },
  { id: 14, name: 'teltonika', title: 'Teltonika' },
  { id: 16, name: 'ruptela', title: 'Ruptela' },
  { id: 22, name: 'queclink', title: 'Queclink' },
  { id: 26, name: 'concox', title: 'Concox' },
  { id: 35, name: 'http', title: 'HTTP' },
  { id: 47, name: 'mqtt', title: 'MQTT' },
];

export const streamProtocols: readonly Named[] = [
  { id: 1, name: 'wialon_retranslator', title: 'Wialon Retranslator' },
  { id: 4, name: 'http', title: 'HTTP' },
  { id: 6, name: 'mqtt', title: 'MQTT' },
  { id: 9, name: 'aws_iot', title: 'AWS IoT' },
];

export const pluginTypes: readonly Named[] = [
  { id: 1, name: 'item-fields', title: 'Fields of the item' },
  { id: 2, name: 'item-telemetry', title: 'Telemetry of the item' },
  { id: 3, name: 'msg-expression', title: 'Parameter by expression' },
  { id: 4, name: 'msg-erase', title: 'Erase parameters' },
  { id: 5, name: 'msg-pvm-code', title: 'PVM code' },
  { id: 6, name: 'msg-webhook', title: 'Webhook' },
];

const customCommand: CommandType = {
  name: 'custom',
  title: 'Custom command',
  address: ['connection', 'sms'],
  schema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
  examples: [{ text: 'getver' }],
};

const requestPosition: CommandType = {
  name: 'position.request',
  title: 'Where are you',
  address: ['connection'],
  schema: { type: 'object', properties: {} },
  examples: [{}],
};

const engineBlock: CommandType = {
  name: 'engine.block',
  title: 'Block or release the engine',
  address: ['connection', 'sms'],
  schema: { type: 'object', properties: { blocked: { type: 'boolean' } }, required: ['blocked'] },
  examples: [{ blocked: true }],
};

const output: CommandType = {
  name: 'setdigout',
  title: 'Switch an output',
  address: ['connection', 'sms'],
  schema: {
    type: 'object',
    properties: { output: { type: 'number', minimum: 1, maximum: 4 }, value: { type: 'boolean' } },
    required: ['output', 'value'],
  },
  examples: [{ output: 1, value: true }],
};

const server: SettingType = {
  name: 'backend_server',
  title: 'Server',
  schema: {
    type: 'object',
    properties: { host: { type: 'string' }, port: { type: 'number', minimum: 1, maximum: 65_535 } },
  },
  default: { host: 'gw.flespi.io', port: 38_499 },
};

const sending: SettingType = {
  name: 'tracking',
  title: 'How often it reports',
  schema: {
    type: 'object',
    properties: { moving: { type: 'number', minimum: 1 }, parked: { type: 'number', minimum: 1 } },
  },
  default: { moving: 30, parked: 300 },
};

const speeding: SettingType = {
  name: 'overspeed',
  title: 'Speed limit',
  schema: { type: 'object', properties: { limit: { type: 'number', minimum: 0 }, buzzer: { type: 'boolean' } } },
  default: { limit: 90, buzzer: false },
};

const tracker = {
  commands: [customCommand, requestPosition, engineBlock, output],
  settings: [server, sending, speeding],
  features: { assistance: true, commands: true, settings: true },
};
const simple = {
  commands: [customCommand, requestPosition],
  settings: [sending],
  features: { assistance: false, commands: true, settings: true },
};
const software = { commands: [], settings: [], features: { assistance: false, commands: false, settings: false } };

export const deviceTypes: readonly DeviceType[] = [
  { id: 42, name: 'fmb120', title: 'Teltonika FMB120', protocol_id: 14, ...tracker },
  { id: 43, name: 'fmb640', title: 'Teltonika FMB640', protocol_id: 14, ...tracker },
  { id: 44, name: 'fmc640', title: 'Teltonika FMC640', protocol_id: 14, ...tracker },
  { id: 45, name: 'fmm640', title: 'Teltonika FMM640', protocol_id: 14, ...tracker },
  { id: 60, name: 'gv500', title: 'Queclink GV500', protocol_id: 22, ...tracker },
  { id: 61, name: 'gv75', title: 'Queclink GV75', protocol_id: 22, ...tracker },
  { id: 80, name: 'gt06n', title: 'Concox GT06N', protocol_id: 26, ...simple },
  { id: 81, name: 'x3', title: 'Concox X3', protocol_id: 26, ...simple },
  { id: 100, name: 'pro5', title: 'Ruptela Pro5', protocol_id: 16, ...tracker },
  { id: 110, name: 'wialon-ips', title: 'Wialon IPS unit', protocol_id: 3, ...simple },
  { id: 350, name: 'mv730', title: 'MiCODUS MV730', protocol_id: 13, ...simple },
  { id: 400, name: 'http', title: 'HTTP source', protocol_id: 35, ...software },
  { id: 401, name: 'mqtt', title: 'MQTT source', protocol_id: 47, ...software },
];

/** Entries of `gw/message-parameters`: what the messages of the fleet are made of. */
export const messageParameters: readonly { name: string; type: string; unit: string; info: string }[] = [
  { name: 'battery.level', type: 'number', unit: '%', info: 'Charge of the built-in battery' },
  { name: 'battery.voltage', type: 'number', unit: 'V', info: 'Voltage of the built-in battery' },
  { name: 'can.fuel.level', type: 'number', unit: '%', info: 'Fuel level from the CAN bus' },
  { name: 'can.vehicle.mileage', type: 'number', unit: 'km', info: 'Odometer from the CAN bus' },
  { name: 'channel.id', type: 'number', unit: '', info: 'Channel that received the message' },
  { name: 'device.id', type: 'number', unit: '', info: 'Device of the message' },
  { name: 'device.name', type: 'string', unit: '', info: 'Name of the device' },
  { name: 'device.type.id', type: 'number', unit: '', info: 'Type of the device' },
  { name: 'din', type: 'number', unit: '', info: 'Digital inputs as bits' },
  { name: 'engine.ignition.status', type: 'boolean', unit: '', info: 'Ignition' },
  { name: 'external.powersource.voltage', type: 'number', unit: 'V', info: 'Voltage of the vehicle battery' },
  { name: 'ident', type: 'string', unit: '', info: 'Name that the device gives itself, usually its IMEI' },
  { name: 'movement.status', type: 'boolean', unit: '', info: 'Moving or not' },
  { name: 'peer', type: 'string', unit: '', info: 'Address that the message came from' },
  { name: 'position.altitude', type: 'number', unit: 'm', info: 'Altitude' },
  { name: 'position.direction', type: 'number', unit: 'degrees', info: 'Heading, clockwise from north' },
  { name: 'position.hdop', type: 'number', unit: '', info: 'Horizontal dilution of precision' },
  { name: 'position.latitude', type: 'number', unit: 'degrees', info: 'Latitude' },
  { name: 'position.longitude', type: 'number', unit: 'degrees', info: 'Longitude' },
  { name: 'position.satellites', type: 'number', unit: '', info: 'Satellites in use' },
  { name: 'position.speed', type: 'number', unit: 'km/h', info: 'Speed' },
  { name: 'position.valid', type: 'boolean', unit: '', info: 'The position can be trusted' },
  { name: 'protocol.id', type: 'number', unit: '', info: 'Protocol of the message' },
  { name: 'rest.timestamp', type: 'number', unit: 's', info: 'When the message was posted over REST' },
  { name: 'server.timestamp', type: 'number', unit: 's', info: 'When the platform received the message' },
  { name: 'timestamp', type: 'number', unit: 's', info: 'When the device made the message' },
  { name: 'vehicle.mileage', type: 'number', unit: 'km', info: 'Odometer' },
];

const byId = <Entry extends { id: number }>(entries: readonly Entry[]): ReadonlyMap<number, Entry> =>
  new Map(entries.map((entry) => [entry.id, entry]));

export const protocolById = byId(protocols);
export const streamProtocolById = byId(streamProtocols);
export const deviceTypeById = byId(deviceTypes);
export const pluginTypeById = byId(pluginTypes);
