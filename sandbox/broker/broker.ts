import type { Duplex } from 'node:stream';
import { defaultBrokerAssumptions } from './broker-assumptions';
import type { BrokerCore } from './broker-core';
import type { BrokerFaults, Interruption } from './broker-faults';
import { defaultBrokerLimits, type BrokerOptions } from './broker-options';
import type { BrokerStats } from './broker-stats';
import type { Connection } from './connection';
import { handleStream } from './handle-stream';
import { interrupt } from './interrupt';
import { listenTcp, listenWebSocket, type ListenOptions } from './listen';
import { Message } from './message';
import type { PlatformEvent, Publication } from './publication';
import { ReasonCode } from './reason-code';
import { RetainedStore } from './retained-store';
import { Router } from './router';
import { Rpc } from './rpc';
import { describeSession, listSubscriptions, type SessionItem, type SubscriptionItem } from './session-report';
import { SessionStore } from './session-store';
import { stamper } from './stamper';
import { subscribe } from './subscribe';
import { isTopicName, longestText, parseTopicFilter } from './topic-filter';
import { unsubscribe } from './unsubscribe';
import { publishWill } from './will';

/** flespi's MQTT broker: MQTT 3.1, 3.1.1 and 5, with accounts, filters, sticky shares and RPC (flespi: "MQTT", "flespi API basics"). */
export interface Broker {
  /** Serves MQTT on a TCP or TLS socket, or any stream. */
  handle(stream: Duplex, ip?: string): void;
  /** Listens for TCP, or TLS with a key and certificate. Rejects when the port is taken. */
  listen(options?: ListenOptions): Promise<{ port: number }>;
  /** Listens for WebSockets, or secure ones. */
  listenWebSocket(options?: ListenOptions): Promise<{ port: number }>;
  /** Puts an event of the platform on its topic. Never throws, never waits. */
  publish(event: PlatformEvent): void;

  /** Sessions of an account, connected or not. */
  sessions(cid: number): SessionItem[];
  /** Makes a session without a connection, that ends after `expiry` seconds; undefined when the client id is taken. */
  createSession(cid: number, clientId: string, expiry: number): SessionItem | undefined;
  /** Sends away whoever is connected with a token that has been deleted or disabled; gives how many they were. */
  revoke(tokenId: number): number;
  /** Ends a session and its connection. False when there is none. */
  closeSession(id: number): boolean;
  subscriptions(sessionId: number): SubscriptionItem[];
  /** Adds a subscription to a session; gives the code that SUBACK would have, 128 and more being refusals. */
  subscribe(sessionId: number, item: Pick<SubscriptionItem, 'topic'> & Partial<SubscriptionItem>): number;
  unsubscribe(sessionId: number, topic: string): boolean;
  /**
   * Retained messages that an account sees under a topic filter, with those of its subaccounts unless told. Undefined when the filter is
   * invalid.
   */
  retained(cid: number, topicFilter: string, options?: { recursive?: boolean }): Publication[] | undefined;
  /** Forgets them, and gives how many they were. */
  clearRetained(cid: number, topicFilter: string, options?: { recursive?: boolean }): number | undefined;

  /** Change it at any time. */
  readonly faults: BrokerFaults;
  /** Does something to connections now; gives how many they were. */
  interrupt(interruption: Interruption): number;
  readonly stats: Readonly<BrokerStats>;
  /** Tells the clients, ends the connections, forgets everything. Always ends, within `closeMilliseconds` and a little. */
  close(): Promise<void>;
}

/** One object for all events of the platform: there are millions of retained ones. */
const noProperties = Object.freeze({});

export function createBroker(options: BrokerOptions): Broker {
  const core = createCore(options);
  const { connections, faults, limits, retained, router, sessions, stamp, stats } = core;
  const listeners: { close(): void }[] = [];
  let closing: Promise<void> | undefined;

  const accept = (stream: Duplex, ip = ''): void => {
    // Up to twice the limit: those above it learn why in CONNACK.
    if (closing === undefined && connections.size < 2 * limits.connections) handleStream(core, stream, ip);
    else stream.destroy();
  };
  const match = (cid: number, topicFilter: string, recursive = true): Publication[] | undefined => {
    const levels = parseTopicFilter(topicFilter, limits.topicLevels);
    return levels === undefined ? undefined : retained.match(cid, levels, recursive);
  };

  return {
    faults,
    get stats() {
      return { ...stats, connections: connections.size, sessions: sessions.size, retained: retained.size };
    },
    handle: accept,
    async listen(listenOptions) {
      const listener = await listenTcp(accept, listenOptions);
      listeners.push(listener);
      return { port: listener.port };
    },
    async listenWebSocket(listenOptions) {
      const listener = await listenWebSocket(accept, { ...listenOptions, frameBytes: limits.packetBytes });
      listeners.push(listener);
      return { port: listener.port };
    },
    publish({ topic, cid, payload, retain = false, timestamp = stamp() }) {
      // An ident may have anything in it, and stands in topics.
      if (!isTopicName(topic, limits.topicLevels) || Buffer.byteLength(topic) > longestText) {
        stats.dropped += 1;
        return;
      }
      const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
      const message = new Message({
        topic,
        cid,
        payload: bytes,
        retain,
        timestamp,
        qos: 1,
        userProperties: noProperties,
      });
      stats.published += 1;
      if (retain) retained.keep(message);
      router.route(message);
    },
    sessions: (cid) => [...sessions.all].filter((session) => session.cid === cid).map(describeSession),
    createSession(cid, clientId, expiry) {
      const session = sessions.createOffline(cid, clientId, expiry);
      return session && describeSession(session);
    },
    revoke(tokenId) {
      const clients = [...sessions.all].flatMap(({ client }) => (client?.token.id === tokenId ? [client] : []));
      for (const client of clients) client.disconnect(ReasonCode.notAuthorized);
      return clients.length;
    },
    closeSession(id) {
      const session = sessions.byId(id);
      if (session === undefined) return false;
      session.client?.disconnect(ReasonCode.administrativeAction);
      sessions.end(session);
      return true;
    },
    subscriptions(sessionId) {
      const session = sessions.byId(sessionId);
      return session === undefined ? [] : listSubscriptions(session);
    },
    subscribe(
      sessionId,
      { topic, qos = 0, no_local: nl = false, rap = false, retain_handling: rh = 0, subscription_id },
    ) {
      const session = sessions.byId(sessionId);
      if (session === undefined) return ReasonCode.unspecifiedError;
      const request = { topic, qos: Math.min(2, Math.max(0, qos)) as 0 | 1 | 2, nl, rap, rh };
      return subscribe(
        core,
        session,
        request,
        subscription_id === undefined ? {} : { subscriptionIdentifier: subscription_id },
      ).code;
    },
    unsubscribe(sessionId, topic) {
      const session = sessions.byId(sessionId);
      return session !== undefined && unsubscribe(core, session, topic);
    },
    retained: (cid, topicFilter, { recursive } = {}) => match(cid, topicFilter, recursive),
    clearRetained(cid, topicFilter, { recursive } = {}) {
      const found = match(cid, topicFilter, recursive);
      for (const publication of found ?? []) retained.remove(publication);
      return found?.length;
    },
    interrupt: (interruption) => interrupt(core, interruption),
    close: () => (closing ??= closeAll(core, listeners)),
  };
}

function createCore(options: BrokerOptions): BrokerCore {
  const { accounts, rest, now = () => Date.now() / 1000, random = Math.random, faults = {} } = options;
  const limits = { ...defaultBrokerLimits, ...options.limits };
  const assumptions = { ...defaultBrokerAssumptions, ...options.assumptions };
  const stats: BrokerStats = {
    published: 0,
    delivered: 0,
    dropped: 0,
    calls: 0,
    errors: 0,
    connections: 0,
    sessions: 0,
    retained: 0,
  };
  const router = new Router({ accounts, assumptions, faults, limits, random });
  const retained = new RetainedStore(limits.retained, (cid) => accounts.lineage(cid), now);
  const sessions = new SessionStore({
    router,
    limits,
    stats,
    assumptions,
    now,
    publish: (will) => publishWill(core, will),
    tell: (event, session) => options.onSession?.(event, describeSession(session)),
  });
  const connections = new Set<Connection>();
  const base = {
    accounts,
    rest,
    now,
    stamp: stamper(now),
    random,
    limits,
    assumptions,
    faults,
    stats,
    sessions,
    router,
    retained,
    connections,
  };
  const core: BrokerCore = { ...base, rpc: new Rpc(base) };
  return core;
}

async function closeAll(core: BrokerCore, listeners: readonly { close(): void }[]): Promise<void> {
  const { connections, limits, rpc, sessions } = core;
  for (const listener of listeners) listener.close();
  rpc.close();
  for (const { client } of sessions.all) client?.disconnect(ReasonCode.serverShuttingDown);
  for (const connection of connections) connection.end();
  const all = [...connections].map((connection) => connection.whenClosed);
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([
    Promise.all(all),
    new Promise((resolve) => {
      timer = setTimeout(resolve, limits.closeMilliseconds);
    }),
  ]);
  clearTimeout(timer);
  for (const connection of connections) connection.destroy();
  sessions.close();
}
