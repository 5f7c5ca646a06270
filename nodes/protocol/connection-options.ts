import type { Clock } from './clock';
import type { LinkOptions, TlsOptions } from './link-options';
import type { ConnectionLogEntry } from './outage-log';

export interface MqttConnectionOptions {
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://`, with a port where it is not the usual one. */
  url: string;
  /** The key of the token alone. Asked for at each CONNECT. */
  token: () => string;
  protocolVersion?: 4 | 5;
  /** Unique within the account: a second connection with the same one pushes the first out. */
  clientId: string;
  /** False: the broker keeps subscriptions and messages of QoS 1 while nobody is connected. */
  clean?: boolean;
  /** Seconds that it keeps them; MQTT 5. */
  sessionExpiryInterval?: number;
  /** Seconds. */
  keepalive?: number;
  tls?: TlsOptions | undefined;
  /** Milliseconds from CONNECT to CONNACK. */
  connectTimeout?: number;
  /** Messages of QoS 1 that the broker may send before one is acknowledged. */
  receiveMaximum?: number;
  /** Most bytes of one message from the broker. */
  maximumPacketSize?: number;
  /** Milliseconds that a subscription and the link outlive their last user: a redeploy comes back within it. */
  grace?: number;
  /** Milliseconds until SUBACK. */
  answerTimeout?: number;
  /** Filters to be given up when the session is resumed: those of an earlier connection with the same client id. */
  leftovers?: Set<string>;
  /** What is held back for one slow or absent listener. */
  hold?: { messages: number; bytes: number };
  clock?: Clock;
  random?: () => number;
  log?: (entry: ConnectionLogEntry) => void;
}

/** What every link of a connection is opened with. */
export function linkOptions(options: MqttConnectionOptions): LinkOptions {
  return {
    url: options.url,
    token: options.token,
    protocolVersion: options.protocolVersion ?? 5,
    clientId: options.clientId,
    clean: options.clean ?? true,
    sessionExpiryInterval: options.sessionExpiryInterval ?? 86_400,
    keepalive: options.keepalive ?? 60,
    connectTimeout: options.connectTimeout ?? 10_000,
    tls: options.tls,
    receiveMaximum: options.receiveMaximum ?? 500,
    maximumPacketSize: options.maximumPacketSize ?? 32 * 1024 * 1024,
  };
}
