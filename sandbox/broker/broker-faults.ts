import type { IConnackPacket } from 'mqtt-packet';

/**
 * How the broker misbehaves: plain data that is read at every decision, so that a test or the admin endpoint may change it at any
 * time. Empty, it behaves. A topic pattern is an exact text, or has `*` for any characters.
 */
export interface BrokerFaults {
  /** CONNECT is refused with this MQTT 5 reason code, or what comes nearest to it before MQTT 5. */
  refuseConnect?: number;
  /** The connection is accepted and CONNECT is never answered. */
  withholdConnack?: boolean;
  /** Milliseconds after CONNACK at which the connection is closed. */
  closeAfterConnack?: number;
  /** Announced in CONNACK, and kept to: a client that crosses such a limit is sent away as the specification says. */
  connack?: NonNullable<IConnackPacket['properties']>;
  /** Existing sessions are forgotten at CONNECT: session present 0. */
  forgetSessions?: boolean;
  suback?: SubackFault[];
  /** DISCONNECT with this code to whoever publishes to a matching topic. */
  disconnectOnPublish?: { topic: string; code: number };
  /** Deliveries carry no subscription identifiers. */
  omitIdentifiers?: boolean;
  /** The answer to QoS 1 publications with a matching topic: none, or PUBACK with this code (the message is then not delivered). */
  puback?: { topic: string; code: number | 'never' };
  /** Every delivery leaves this many times instead of once. */
  deliverTimes?: number;
  rpc?: RpcFaults;
}

export interface SubackFault {
  /** Pattern of the topic as it stands in SUBSCRIBE. */
  topic: string;
  /** The SUBACK code, or no SUBACK at all. A code below 128 grants that QoS at most. */
  code: number | 'never';
  /** Only from this connection of the session on; 2 spares the first one. */
  fromConnect?: number;
}

export interface RpcFaults {
  /** Pattern of the request topic; all when left out. */
  topic?: string;
  /** Calls to spoil; all when left out. Counts down. */
  times?: number;
  /** No answer at all. */
  silent?: boolean;
  /** Milliseconds before the first message of the answer, and before each further one. */
  late?: number;
  lateChunk?: number;
  /** Bytes of a chunk, e.g. 1. */
  chunkBytes?: number;
  /** Chunks that are left out: by number from 0, or the last one, which carries `http_code`. */
  lose?: number | 'last';
  /** A chunk that is sent twice, by number from 0. */
  repeat?: number;
  /** The chunks of this many calls are mixed: each call waits for the others. */
  interleave?: number;
  /** The last chunk never comes; these bytes of filling are sent again and again until the limit in bytes. */
  endless?: { chunkBytes: number; limit: number };
  /** Correlation data of the answer: somebody else's, or none. */
  correlation?: 'foreign' | 'none';
  /** Value of `http_code`; null leaves it out, an array repeats it. */
  httpCode?: string | string[] | null;
  /** The whole answer is sent this many times. */
  answers?: number;
  /** A retained message with these words is left on the response topic before the answer. */
  retainedStray?: string;
}

/** Something that happens to connections right now. */
export interface Interruption {
  /**
   * `disconnect`: a DISCONNECT with `code`, then the end. `close`: the end without a word. `reset`: a TCP reset. `silence`: the link
   * stays, nothing is read or written. `half-open`: as silence, and the broker takes the client for gone.
   */
  how: 'disconnect' | 'close' | 'reset' | 'silence' | 'half-open';
  code?: number;
  /** Only this client id, and only this account; all when left out. */
  clientId?: string;
  cid?: number;
}

/** Does a text fit a pattern with `*`? */
export function fitsPattern(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  if (parts.length === 1) return pattern === text;
  const first = parts[0] as string;
  const last = parts.at(-1) as string;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let from = first.length;
  const end = text.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, from);
    if (found === -1 || found + part.length > end) return false;
    from = found + part.length;
  }
  return true;
}
