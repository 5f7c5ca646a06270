/** The package brings no types; this is what our tests use of it. */
declare module 'node-red-node-test-helper' {
  import type { EventEmitter } from 'node:events';
  import type { NodeAPI } from 'node-red';

  interface TestNode extends EventEmitter {
    id: string;
    receive(msg: object): void;
    [property: string]: unknown;
  }

  const helper: {
    init(runtimePath: string): void;
    startServer(done: (error?: Error) => void): void;
    stopServer(done: (error?: Error) => void): void;
    load(nodeSets: ((RED: NodeAPI) => void)[], flow: object[], credentials?: object): Promise<void>;
    unload(): Promise<void>;
    setFlows(flow: object[], type?: 'full' | 'nodes' | 'flows'): Promise<void>;
    getNode(id: string): TestNode;
    /** Requests to the admin API, as supertest makes them. */
    request(): {
      get(path: string): AdminRequest;
      post(path: string): AdminRequest;
    };
    log(): { args: [{ level: number; id?: string; type?: string; msg: unknown }][] };
  };
  interface AdminRequest extends Promise<{ status: number; body: Record<string, unknown>; text: string }> {
    send(body: object): AdminRequest;
    query(values: object): AdminRequest;
  }
  export default helper;
}
