/** Counters since the start; the last three say what is there now. */
export interface BrokerStats {
  /** Publications that were taken, from clients and from the platform. */
  published: number;
  /** PUBLISH packets sent. */
  delivered: number;
  /** Deliveries that were given up: QoS 0 for somebody who is offline or too slow, and sessions that overflowed. */
  dropped: number;
  /** RPC calls that were answered. */
  calls: number;
  /** Packets over which a handler failed: mistakes of this broker. */
  errors: number;
  connections: number;
  sessions: number;
  retained: number;
}
