import type { Accounts } from '../account/accounts';
import type { RestHandler } from '../rest/rest-call';
import type { BrokerAssumptions } from './broker-assumptions';
import type { BrokerFaults } from './broker-faults';
import type { SessionEvent } from './session-report';

export interface BrokerOptions {
  accounts: Accounts;
  /** Answers `flespi/rest/...`; the same handler as behind HTTP. */
  rest: RestHandler;
  /** Unix seconds, with fractions. */
  now?: () => number;
  /** From 0 up to 1; picks members of shared subscriptions and makes up client ids. */
  random?: () => number;
  /** Told of every session that begins, connects, disconnects or ends. Must not throw. */
  onSession?: SessionEvent;
  faults?: BrokerFaults;
  limits?: Partial<BrokerLimits>;
  assumptions?: Partial<BrokerAssumptions>;
}

/** Every bound of the broker. Bytes, milliseconds or counts, as said. */
export interface BrokerLimits {
  /** Largest packet that is read, in bytes. Announced in CONNACK when it is below what MQTT allows anyway. */
  packetBytes: number;
  /** QoS 1 and 2 publications that a client may have open towards the broker. Announced when below 65,535. */
  receiveMaximum: number;
  /** Topic aliases that a client may use towards the broker. */
  topicAliasMaximum: number;
  /** Topic aliases that the broker uses towards a client that offers them. */
  outboundTopicAliases: number;
  /** Longest Keep Alive in seconds; a client that asks for more or for none is told this one. 0 leaves it to the client. */
  keepAliveSeconds: number;
  /** Longest Session Expiry Interval in seconds. Announced to a client that asks for more. */
  sessionExpirySeconds: number;
  /** Time for the first packet, in milliseconds. */
  connectMilliseconds: number;
  /** Levels of a topic or a topic filter. */
  topicLevels: number;
  /** Subscriptions of one session. */
  subscriptions: number;
  /** Connections at a time, over all accounts. */
  connections: number;
  /** Sessions of one account, connected or not. */
  sessions: number;
  /** Retained messages over all accounts. */
  retained: number;
  /**
   * Undelivered bytes of one session. Beyond it the connection is dropped and what was undelivered is deleted (flespi forum,
   * changelog of the broker; there it is 1 GB).
   */
  sessionBytes: number;
  /** Unsent bytes of one connection beyond which its publishers pause and QoS 1 waits in the session. */
  backlogBytes: number;
  /** Unsent bytes of one connection beyond which live QoS 0 messages are dropped. */
  dropBytes: number;
  /** Longest pause of a publisher for the sake of one slow subscriber, in milliseconds. */
  pauseMilliseconds: number;
  /** RPC calls of one connection that are being answered at a time. */
  calls: number;
  /** Bytes of one chunk of an answer with `response_chunked`. */
  chunkBytes: number;
  /** Time for the peers to leave when the broker closes, in milliseconds. */
  closeMilliseconds: number;
}

/** A Session Expiry Interval that never ends [MQTT-3.1.2.11.2]. */
export const neverExpires = 0xffffffff;
/** The largest Remaining Length that MQTT can write, and so the size of packet that needs no announcement. */
export const largestPacket = 268_435_455;

export const defaultBrokerLimits: BrokerLimits = {
  packetBytes: largestPacket,
  receiveMaximum: 65_535,
  topicAliasMaximum: 65_535,
  outboundTopicAliases: 0,
  keepAliveSeconds: 0,
  sessionExpirySeconds: neverExpires,
  connectMilliseconds: 10_000,
  topicLevels: 128,
  subscriptions: 10_000,
  connections: 10_000,
  sessions: 10_000,
  retained: 5_000_000,
  sessionBytes: 256 * 1024 * 1024,
  backlogBytes: 1024 * 1024,
  dropBytes: 8 * 1024 * 1024,
  pauseMilliseconds: 1_000,
  calls: 1_000,
  chunkBytes: 64 * 1024,
  closeMilliseconds: 500,
};
