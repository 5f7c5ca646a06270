/** Flows that do the same: read one page of devices over MQTT, and take its items. Each begins and ends at `bench-calls`. */
type FlowNode = Record<string, unknown>;

const tab: FlowNode = { id: 'tab', type: 'tab', label: 'bench' };
const calls = (to: string): FlowNode => ({ id: 'calls', type: 'bench-calls', z: 'tab', wires: [[to]] });

/** One node of ours, as the form leaves it but for as many calls at once as are made. */
export function ourCalls(port: number): FlowNode[] {
  return [
    tab,
    calls('rpc'),
    {
      id: 'account',
      type: 'flespi-config',
      region: 'own',
      restUrl: 'http://127.0.0.1:1',
      mqttUrl: `mqtt://127.0.0.1:${port}`,
      callsAtOnce: '100',
    },
    {
      id: 'rpc',
      type: 'flespi-rpc',
      z: 'tab',
      account: 'account',
      method: 'GET',
      template: 'gw/devices/:devices',
      selectors: [{ kind: 'all' }],
      limit: '1000',
      results: 'page',
      timeout: '30',
      deadline: '600',
      wires: [['calls']],
    },
  ];
}

/**
 * What somebody who knows core's nodes builds: `mqtt out` with a response topic and correlation data, one static `mqtt in`,
 * and a function node that puts chunks together and finds the question to an answer.
 */
export function coreCalls(port: number, qos: 0 | 1): FlowNode[] {
  return [
    tab,
    calls('ask'),
    {
      id: 'broker',
      type: 'mqtt-broker',
      broker: '127.0.0.1',
      port: String(port),
      clientid: '',
      autoConnect: true,
      usetls: false,
      protocolVersion: '5',
      keepalive: '60',
      cleansession: true,
    },
    {
      id: 'ask',
      type: 'function',
      z: 'tab',
      func: `const count = (flow.get('count') || 0) + 1;
flow.set('count', count);
const waiting = flow.get('waiting') || new Map();
flow.set('waiting', waiting);
waiting.set(String(count), { msg: { ...msg }, chunks: [] });
return {
  topic: 'flespi/rest/get/gw/devices/all',
  payload: '{"limit":1000}',
  qos: ${qos},
  responseTopic: 'answers/core',
  correlationData: Buffer.from(String(count)),
  userProperties: { response_chunked: 'true' },
};`,
      outputs: 1,
      wires: [['out']],
    },
    { id: 'out', type: 'mqtt out', z: 'tab', topic: '', qos: '', retain: '', broker: 'broker', wires: [] },
    {
      id: 'in',
      type: 'mqtt in',
      z: 'tab',
      topic: 'answers/core',
      qos: String(qos),
      datatype: 'buffer',
      broker: 'broker',
      nl: false,
      rap: true,
      rh: 0,
      inputs: 0,
      wires: [['join']],
    },
    {
      id: 'join',
      type: 'function',
      z: 'tab',
      func: `const id = String(msg.correlationData);
const call = flow.get('waiting').get(id);
if (!call) return null;
call.chunks.push(msg.payload);
if (!msg.userProperties || !msg.userProperties.http_code) return null;
flow.get('waiting').delete(id);
const text = call.chunks.length === 1 ? call.chunks[0].toString() : Buffer.concat(call.chunks).toString();
call.msg.payload = JSON.parse(text).result;
return call.msg;`,
      outputs: 1,
      wires: [['calls']],
    },
  ];
}
