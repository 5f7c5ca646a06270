import type { ConnectionOptions } from 'node:tls';
import type { IClientOptions } from 'mqtt';

export type TlsOptions = Pick<
  ConnectionOptions,
  'ca' | 'cert' | 'key' | 'passphrase' | 'pfx' | 'rejectUnauthorized' | 'servername' | 'ALPNProtocols'
>;

export interface LinkOptions {
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://`. */
  url: string;
  /** The key alone, without a word before it. Asked for at each CONNECT, never kept. */
  token: () => string;
  protocolVersion: 4 | 5;
  clientId: string;
  clean: boolean;
  /** Seconds that the broker keeps a session which is not clean; MQTT 5 only. */
  sessionExpiryInterval: number;
  /** Seconds. */
  keepalive: number;
  /** Milliseconds from the first packet to CONNACK. */
  connectTimeout: number;
  tls?: TlsOptions | undefined;
  /** Messages of QoS 1 that the broker may send before the first is acknowledged; MQTT 5 only. */
  receiveMaximum: number;
  /** Most bytes of an incoming packet. */
  maximumPacketSize: number;
}

/**
 * The library is told to do nothing on its own: it opens when asked, never reconnects, never subscribes again and keeps
 * nothing for later. The token is not among the options, see `MqttLink`.
 */
export function clientOptions(options: LinkOptions): IClientOptions {
  const { protocol, hostname, port, pathname, search } = new URL(options.url);
  const secure = protocol === 'mqtts:' || protocol === 'wss:';
  const webSocket = protocol === 'ws:' || protocol === 'wss:';
  const tls = secure ? { ...options.tls, rejectUnauthorized: options.tls?.rejectUnauthorized !== false } : {};
  const client: IClientOptions = {
    ...(tls as IClientOptions),
    protocol: protocol.slice(0, -1) as 'mqtt' | 'mqtts' | 'ws' | 'wss',
    host: hostname.replace(/^\[|\]$/g, ''),
    protocolVersion: options.protocolVersion,
    clientId: options.clientId,
    clean: options.clean,
    keepalive: options.keepalive,
    connectTimeout: options.connectTimeout,
    reconnectPeriod: 0,
    manualConnect: true,
    resubscribe: false,
    queueQoSZero: false,
    log: () => {},
  };
  if (port) client.port = Number(port);
  if (webSocket) {
    client.path = `${pathname}${search}`;
    // A frame may hold several packets, so the limit on packets is no limit on frames.
    client.wsOptions = { ...tls, maxPayload: options.maximumPacketSize * 2 };
  }
  if (options.protocolVersion === 5) {
    const { receiveMaximum, maximumPacketSize, sessionExpiryInterval, clean } = options;
    // Without an expiry a session ends with its connection, clean or not [MQTT-3.1.2.11.2].
    client.properties = { receiveMaximum, maximumPacketSize, ...(!clean && { sessionExpiryInterval }) };
  }
  return client;
}
