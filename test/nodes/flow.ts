import { once } from 'node:events';
import type { NodeAPI } from 'node-red';
import helper from 'node-red-node-test-helper';
import flespiConfig from '../../nodes/flespi-config';
import flespiRequest from '../../nodes/flespi-request';
import flespiRpc from '../../nodes/flespi-rpc';
import flespiSubscribe from '../../nodes/flespi-subscribe';
import type { Sandbox } from '../../sandbox/sandbox';

export type Message = Record<string, unknown> & { payload?: unknown; error?: { message: string; code?: string } };
export type FlowNode = Record<string, unknown> & { id: string; type: string };

type NodeSet = (RED: NodeAPI) => void;

// eslint-disable-next-line typescript/no-require-imports -- core's nodes are CommonJS without types
const sequenceNodes: NodeSet = require('@node-red/nodes/core/sequence/17-split.js');
// eslint-disable-next-line typescript/no-require-imports -- as above
const tlsNode: NodeSet = require('@node-red/nodes/core/network/05-tls.js');
const nodeSets: NodeSet[] = [sequenceNodes, tlsNode, flespiConfig, flespiRequest, flespiSubscribe, flespiRpc];

/** Starts Node-RED's runtime for a suite. Its path comes from outside where another version is to be tested. */
export function useRuntime(): void {
  before((done) => {
    helper.init(process.env['NODE_RED_RUNTIME'] ?? require.resolve('node-red'));
    helper.startServer(done);
  });
  afterEach(() => helper.unload());
  after((done) => {
    // It takes a callback and returns a promise all the same, which mocha does not want.
    helper.stopServer(done);
  });
}

/** The account node of every test flow, pointing at the sandbox. */
export function accountNode(sandbox: Pick<Sandbox, 'http' | 'mqtt'>, more: object = {}): FlowNode {
  return {
    id: 'account',
    type: 'flespi-config',
    region: 'own',
    restUrl: sandbox.http,
    mqttUrl: sandbox.mqtt,
    tokenSet: true,
    ...more,
  };
}

/** Collects what one kind of core node says about the others on its tab. */
export const watchers = (
  z: string,
  wires: Record<'catch' | 'complete' | 'status', string>,
  scope: string[],
): FlowNode[] => [
  { id: 'watch-errors', type: 'catch', z, wires: [[wires.catch]] },
  { id: 'watch-ends', type: 'complete', z, scope, wires: [[wires.complete]] },
  { id: 'watch-states', type: 'status', z, wires: [[wires.status]] },
];

/** What came to each of the flow's sinks, and a way to wait for it. */
export class Sink {
  readonly messages: Message[] = [];
  #watchers = new Set<() => void>();

  constructor(id: string) {
    helper.getNode(id).on('input', (msg) => {
      this.messages.push(msg as Message);
      for (const watch of this.#watchers) watch();
    });
  }

  /** The first message that fits, of the past or the future. */
  async next(fits: (msg: Message) => boolean = () => true, milliseconds = 10_000): Promise<Message> {
    await this.until((messages) => messages.some(fits), milliseconds);
    return this.messages.find(fits) as Message;
  }

  until(enough: (messages: Message[]) => boolean, milliseconds = 10_000): Promise<Message[]> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (!enough(this.messages)) return;
        end();
        resolve(this.messages);
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(`nothing that fits; so far ${JSON.stringify(this.messages)?.slice(0, 2000)}`));
      }, milliseconds);
      const end = (): void => {
        clearTimeout(timer);
        this.#watchers.delete(look);
      };
      this.#watchers.add(look);
      look();
    });
  }
}

export interface Flow {
  node: (id: string) => ReturnType<typeof helper.getNode>;
  out: Sink;
  caught: Sink;
  completed: Sink;
  statuses: Sink;
}

export interface ShownStatus {
  fill?: string;
  shape?: string;
  text?: string;
}

/** What this very instance of a node has set as its status, oldest first. The helper's spy is one for all nodes. */
export function statusesOf(id: string): ShownStatus[] {
  const node = helper.getNode(id);
  const spy = node['status'] as { args: [ShownStatus][]; thisValues: unknown[] };
  return spy.args.filter((_, index) => spy.thisValues[index] === node).map(([status]) => status);
}

/** Loads nodes with a sink for their output (`out`), and real catch, complete and status nodes beside them. */
export async function loadFlow(nodes: FlowNode[], credentials: Record<string, object> = {}): Promise<Flow> {
  await helper.load(nodeSets, withWatchers(nodes), credentials);
  return sinks();
}

export function withWatchers(nodes: FlowNode[]): never {
  const isConfig = ({ type }: FlowNode): boolean => type.endsWith('-config');
  const scope = nodes.filter((node) => !isConfig(node)).map(({ id }) => id);
  return [
    { id: 'tab', type: 'tab', label: 'test' },
    ...nodes.map((node) => (isConfig(node) ? node : { z: 'tab', wires: [['out']], ...node })),
    ...['out', 'caught', 'completed', 'statuses'].map((id) => ({ id, type: 'helper', z: 'tab' })),
    ...watchers('tab', { catch: 'caught', complete: 'completed', status: 'statuses' }, scope),
  ] as never;
}

export function sinks(): Flow {
  return {
    node: (id) => helper.getNode(id),
    out: new Sink('out'),
    caught: new Sink('caught'),
    completed: new Sink('completed'),
    statuses: new Sink('statuses'),
  };
}

/** Deploys a changed flow as the editor does, and resolves when it runs. */
export async function deploy(nodes: FlowNode[], type: 'full' | 'nodes' | 'flows'): Promise<void> {
  await helper.setFlows(withWatchers(nodes), type);
}

export { helper, nodeSets, once };
