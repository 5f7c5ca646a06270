/** Flows that do the same: read a whole collection. Each begins and ends at the probe. */
type FlowNode = Record<string, unknown>;

const tab: FlowNode = { id: 'tab', type: 'tab', label: 'bench' };
const probe = (to: string): FlowNode => ({ id: 'probe', type: 'bench-probe', z: 'tab', wires: [[to]] });

export interface Target {
  origin: string;
  page: number;
}

/** One node of ours, as the form leaves it but for what the benchmark is about. */
export function ours({ origin, page }: Target, results: 'array' | 'pages' | 'items', more: FlowNode = {}): FlowNode[] {
  return [
    tab,
    probe('call'),
    {
      id: 'account',
      type: 'flespi-config',
      region: 'own',
      restUrl: origin,
      mqttUrl: 'mqtt://127.0.0.1:1',
      allowPlain: true,
    },
    {
      id: 'call',
      type: 'flespi-request',
      z: 'tab',
      account: 'account',
      method: 'GET',
      template: 'gw/devices/:devices',
      selectors: [{ kind: 'all' }],
      limit: String(page),
      results,
      most: '1000000',
      timeout: '30',
      deadline: '600',
      ...more,
      wires: [['probe']],
    },
  ];
}

const httpRequest: FlowNode = {
  id: 'request',
  type: 'http request',
  z: 'tab',
  method: 'GET',
  ret: 'obj',
  paytoqs: 'ignore',
  url: '',
  tls: '',
  persist: true,
  proxy: '',
  insecureHTTPParser: false,
  authType: '',
  senderr: false,
  headers: [],
};

/** The loop of somebody who writes code: two function nodes around `http request`, with its keep-alive on. */
export function functionLoop({ origin, page }: Target): FlowNode[] {
  return [
    tab,
    probe('prepare'),
    {
      id: 'prepare',
      type: 'function',
      z: 'tab',
      func: `msg.offset = msg.offset === undefined ? 0 : msg.offset;
msg.all = msg.all || [];
msg.url = '${origin}/gw/devices/all?limit=${page}&offset=' + msg.offset;
return msg;`,
      outputs: 1,
      wires: [['request']],
    },
    { ...httpRequest, wires: [['collect']] },
    {
      id: 'collect',
      type: 'function',
      z: 'tab',
      func: `for (const item of msg.payload.result) msg.all.push(item);
msg.offset += ${page};
delete msg.headers;
if (msg.offset < msg.payload.pagination.count) return [msg, null];
msg.payload = msg.all;
msg.complete = true;
return [null, msg];`,
      outputs: 2,
      wires: [['prepare'], ['probe']],
    },
  ];
}

/** The usual loop of somebody who does not: change and switch nodes, as the forum's answers show it. */
export function changeLoop({ origin, page }: Target): FlowNode[] {
  const set = (property: string, to: string, type: string): FlowNode => ({
    t: 'set',
    p: property,
    pt: 'msg',
    to,
    tot: type,
  });
  return [
    tab,
    probe('begin'),
    {
      id: 'begin',
      type: 'change',
      z: 'tab',
      rules: [set('offset', '0', 'num'), set('all', '[]', 'json')],
      wires: [['address']],
    },
    {
      id: 'address',
      type: 'change',
      z: 'tab',
      rules: [set('url', `"${origin}/gw/devices/all?limit=${page}&offset=" & offset`, 'jsonata')],
      wires: [['request']],
    },
    // As it comes out of the palette: no keep-alive.
    { ...httpRequest, persist: false, wires: [['collect']] },
    {
      id: 'collect',
      type: 'change',
      z: 'tab',
      rules: [
        set('all', '$append(all, payload.result)', 'jsonata'),
        set('offset', `offset + ${page}`, 'jsonata'),
        { t: 'delete', p: 'headers', pt: 'msg' },
      ],
      wires: [['more']],
    },
    {
      id: 'more',
      type: 'switch',
      z: 'tab',
      property: 'offset < payload.pagination.count',
      propertyType: 'jsonata',
      rules: [{ t: 'true' }, { t: 'else' }],
      checkall: 'false',
      repair: false,
      outputs: 2,
      wires: [['address'], ['end']],
    },
    {
      id: 'end',
      type: 'change',
      z: 'tab',
      rules: [set('payload', 'all', 'msg'), set('complete', 'true', 'bool')],
      wires: [['probe']],
    },
  ];
}

/** Only the messages, with nothing in them. */
export function sends(count: number): FlowNode[] {
  return [tab, probe('sends'), { id: 'sends', type: 'bench-sends', z: 'tab', count, wires: [['probe']] }];
}
