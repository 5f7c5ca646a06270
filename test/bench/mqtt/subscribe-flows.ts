/** Flows that do the same: as many subscriptions as wanted on one connection, each with a node of its own, into one counter. */
export type FlowNode = Record<string, unknown>;

export interface SubscribeFlow {
  port: number;
  qos: 0 | 1;
  subscriptions: number;
  protocolVersion: 4 | 5;
}

const tab: FlowNode = { id: 'tab', type: 'tab', label: 'bench' };
const counter: FlowNode = { id: 'count', type: 'bench-count', z: 'tab', wires: [] };

const topics = ({ subscriptions }: SubscribeFlow): string[] =>
  Array.from({ length: subscriptions }, (_, index) => `bench/${index}/gw/devices/+`);

/** Core's `mqtt in` with a parsed JSON object as its output. */
export function coreFlow(flow: SubscribeFlow): FlowNode[] {
  return [
    tab,
    counter,
    {
      id: 'broker',
      type: 'mqtt-broker',
      broker: '127.0.0.1',
      port: String(flow.port),
      clientid: '',
      autoConnect: true,
      usetls: false,
      protocolVersion: String(flow.protocolVersion),
      keepalive: '60',
      cleansession: true,
    },
    ...topics(flow).map((topic, index) => ({
      id: `in${index}`,
      type: 'mqtt in',
      z: 'tab',
      topic,
      qos: String(flow.qos),
      datatype: 'json',
      broker: 'broker',
      nl: false,
      rap: true,
      rh: 0,
      inputs: 0,
      wires: [['count']],
    })),
  ];
}

export function ourFlow(flow: SubscribeFlow, more: FlowNode = {}): FlowNode[] {
  return [
    tab,
    counter,
    {
      id: 'account',
      type: 'flespi-config',
      region: 'own',
      restUrl: 'http://127.0.0.1:1',
      mqttUrl: `mqtt://127.0.0.1:${flow.port}`,
      protocolVersion: String(flow.protocolVersion),
      keepalive: '60',
    },
    ...topics(flow).map((topic, index) => ({
      id: `in${index}`,
      type: 'flespi-subscribe',
      z: 'tab',
      account: 'account',
      topics: [{ topic, qos: String(flow.qos), rh: '0' }],
      datatype: 'json',
      inputs: 0,
      ...more,
      wires: [['count']],
    })),
  ];
}
