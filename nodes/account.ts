import type { AccountSettings } from './account-settings';
import { HttpTransport, type TlsOptions } from './protocol/http-transport';
import { type ConnectionLogEntry, MqttConnection } from './protocol/mqtt-connection';
import { Pace } from './protocol/pace';
import type { ProxySetting } from './protocol/proxy';
import { RetryBudget } from './protocol/retry';
import { RpcTransport } from './protocol/rpc-transport';

export interface AccountParts {
  settings: AccountSettings;
  /** Asked whenever it is needed, so that it lives in the node's credentials only. */
  token: () => string;
  /** Used when the settings name none; stable over restarts, so that a persistent session is found again. */
  clientId: string;
  tls?: TlsOptions | undefined;
  proxy?: ProxySetting | undefined;
  log?: (entry: ConnectionLogEntry) => void;
}

/**
 * Subscriptions that a kept session still has, by address and client id: a deploy may remove a node and the account in one go
 * while the broker is away, and only the account's next instance can tell it.
 */
const leftovers = new Map<string, Set<string>>();

function leftoversOf(session: string): Set<string> {
  const known = leftovers.get(session) ?? new Set();
  leftovers.set(session, known);
  return known;
}

/**
 * One flespi account at work: the HTTP pool, the one MQTT connection, and the pace and retry budget that all its nodes share.
 * Each is made when somebody first needs it, and all end with `close`.
 */
export class Account {
  readonly settings: AccountSettings;
  readonly pace: Pace;
  readonly retry = new RetryBudget();
  readonly #parts: AccountParts;
  #http: HttpTransport | undefined;
  #mqtt: MqttConnection | undefined;
  #rpc: RpcTransport | undefined;

  constructor(parts: AccountParts) {
    const { callsAtOnce, callsPerMinute } = parts.settings;
    this.#parts = parts;
    this.settings = parts.settings;
    this.pace = new Pace({
      concurrency: callsAtOnce,
      ...(callsPerMinute === undefined ? {} : { perMinute: callsPerMinute }),
    });
  }

  get http(): HttpTransport {
    const { settings, token, tls, proxy } = this.#parts;
    this.#http ??= new HttpTransport({
      origin: settings.origin,
      token,
      connections: settings.callsAtOnce,
      app: 'node-red',
      ...(tls ? { tls } : {}),
      ...(proxy ? { proxy } : {}),
    });
    return this.#http;
  }

  get mqtt(): MqttConnection {
    const { settings, token, tls, clientId, log } = this.#parts;
    const ownId = settings.clientId || clientId;
    this.#mqtt ??= new MqttConnection({
      url: settings.mqttUrl,
      token,
      protocolVersion: settings.protocolVersion,
      clientId: ownId,
      clean: !settings.persistent,
      ...(settings.persistent && { leftovers: leftoversOf(`${settings.mqttUrl} ${ownId}`) }),
      sessionExpiryInterval: settings.sessionSeconds,
      keepalive: settings.keepaliveSeconds,
      tls,
      ...(log ? { log } : {}),
    });
    return this.#mqtt;
  }

  get rpc(): RpcTransport {
    this.#rpc ??= new RpcTransport(this.mqtt);
    return this.#rpc;
  }

  /** Ends everything within seconds; what is under way fails. */
  async close(): Promise<void> {
    this.pace.close();
    await Promise.allSettled([this.#rpc?.close(), this.#mqtt?.close(), this.#http?.close()]);
  }
}
