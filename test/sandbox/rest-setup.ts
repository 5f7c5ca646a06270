import assert from 'node:assert/strict';
import { Agent, request, type Dispatcher } from 'undici';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox';
import type { SandboxOptions } from '../../sandbox/sandbox-options';

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  /** The envelope; empty where the answer is no JSON. */
  result: Record<string, unknown>[];
  errors: { code: number; reason: string; id?: number; column?: number; schema_hint?: { fields: string[] } }[];
  pagination: { limit: number; offset: number; count?: number } | undefined;
}

export interface CallOptions {
  body?: unknown;
  data?: unknown;
  token?: string;
  headers?: Record<string, string>;
}

/** A sandbox, and an undici client that calls it as flespi's pages say. */
export interface RestBench {
  sandbox: Sandbox;
  /** Sends the path as it is: whatever a client would encode must be encoded. */
  call(method: Dispatcher.HttpMethod, path: string, options?: CallOptions): Promise<Answer>;
  get(path: string, options?: CallOptions): Promise<Answer>;
  /** The result of a call that must succeed. */
  items(method: Dispatcher.HttpMethod, path: string, options?: CallOptions): Promise<Record<string, unknown>[]>;
  /** Ids that a selector picks, encoded as a client would. */
  ids(collection: string, selector: string): Promise<number[]>;
  close(): Promise<void>;
}

/** Those that a failing test left behind would keep the process. */
const open = new Set<RestBench>();
after(() => Promise.all([...open].map((bench) => bench.close())));

export async function startRest(options: SandboxOptions = {}): Promise<RestBench> {
  const sandbox = await startSandbox({ devices: 0, ...options });
  const agent = new Agent({ connect: { rejectUnauthorized: false }, keepAliveTimeout: 1000 });
  const call: RestBench['call'] = async (method, path, { body, data, token = sandbox.token, headers } = {}) => {
    const query =
      data === undefined ? '' : `${path.includes('?') ? '&' : '?'}data=${encodeURIComponent(JSON.stringify(data))}`;
    const response = await request(`${sandbox.http}/${path}${query}`, {
      method,
      dispatcher: agent,
      headers: {
        ...(token !== '' && { authorization: `FlespiToken ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.body.text();
    const isJson = String(response.headers['content-type']).startsWith('application/json');
    const envelope = (isJson ? JSON.parse(text) : {}) as Partial<Answer>;
    const { result = [], errors = [], pagination } = envelope;
    return { status: response.statusCode, headers: response.headers, text, result, errors, pagination };
  };
  const bench: RestBench = {
    sandbox,
    call,
    get: (path, callOptions) => call('GET', path, callOptions),
    async items(method, path, options) {
      const { status, result, text } = await call(method, path, options);
      assert.equal(status, 200, `${method} ${path}: ${text}`);
      return result;
    },
    async ids(collection, selector) {
      const { result } = await call('GET', `${collection}/${encodeURIComponent(selector)}?fields=id`);
      return result.map(({ id }) => id as number);
    },
    async close() {
      open.delete(bench);
      await agent.destroy();
      await sandbox.close();
    },
  };
  open.add(bench);
  return bench;
}
