import type { Token } from '../account/token';
import type { BrokerAssumptions } from './broker-assumptions';
import { neverExpires, type BrokerLimits } from './broker-options';
import type { BrokerStats } from './broker-stats';
import type { Client, Will } from './client';
import { Outbox } from './outbox';
import { ReasonCode } from './reason-code';
import type { Router } from './router';
import { Session } from './session';

interface SessionStoreOptions {
  router: Router;
  limits: BrokerLimits;
  stats: BrokerStats;
  assumptions: BrokerAssumptions;
  now: () => number;
  /** Publishes a will. */
  publish: (will: Will) => void;
  /** Tells of a session that begins, connects, disconnects or ends. */
  tell: (event: 'created' | 'updated' | 'deleted', session: Session) => void;
}

/** What a session waits for while it is without a connection. */
interface Waiting {
  will?: Will | undefined;
  willTimer?: NodeJS.Timeout;
  expiryTimer?: NodeJS.Timeout;
}

/** Node.js fires longer timers at once. */
const longestTimer = 2 ** 31 - 1;

/** All sessions, by account and client id: who takes over whom, and when they end. */
export class SessionStore {
  readonly #sessions = new Map<string, Session>();
  readonly #byId = new Map<number, Session>();
  readonly #countByAccount = new Map<number, number>();
  /** Exactly the sessions that have no connection. */
  readonly #waiting = new Map<Session, Waiting>();
  /** Sessions that nobody was told of: they wait for their first connection. */
  readonly #untold = new Set<Session>();
  #lastId = 0;

  constructor(private readonly options: SessionStoreOptions) {}

  get size(): number {
    return this.#sessions.size;
  }

  get all(): IterableIterator<Session> {
    return this.#sessions.values();
  }

  byId(id: number): Session | undefined {
    return this.#byId.get(id);
  }

  find(cid: number, clientId: string): Session | undefined {
    return this.#sessions.get(keyOf(cid, clientId));
  }

  /** Has the account room for one more? */
  hasRoom(cid: number): boolean {
    return (this.#countByAccount.get(cid) ?? 0) < this.options.limits.sessions;
  }

  /**
   * The session for a CONNECT: the one that is there, or with Clean Start a new one. Whoever holds the client id is sent away first
   * [MQTT-3.1.4-3].
   */
  open(
    cid: number,
    clientId: string,
    cleanStart: boolean,
    token: Token | undefined,
  ): { session: Session; present: boolean } {
    let session = this.find(cid, clientId);
    if (session?.client !== undefined) {
      const { client } = session;
      client.disconnect(ReasonCode.sessionTakenOver);
      // It may have ended with its connection.
      session = this.find(cid, clientId);
    }
    if (session !== undefined && cleanStart) {
      this.end(session);
      session = undefined;
    }
    if (session !== undefined) {
      session.token = token;
      return { session, present: true };
    }
    return { session: this.#create(cid, clientId, token), present: false };
  }

  /** The connection is there: whatever was to happen without it does not. */
  join(session: Session, client: Client): void {
    this.#stopWaiting(session);
    session.client = client;
    session.expires = 0;
    session.connects += 1;
    session.ip = client.connection.ip;
    this.options.tell(this.#untold.delete(session) ? 'created' : 'updated', session);
  }

  /** The connection is gone, on whatever way. Twice is once. */
  leave(client: Client): void {
    const { session } = client;
    if (session.client !== client) return;
    const { limits, router, now, tell } = this.options;
    session.client = undefined;
    session.outbox.detach();
    const will = client.will;
    client.will = undefined;
    const seconds = Math.min(session.expiry, limits.sessionExpirySeconds);
    const waiting: Waiting = { will };
    this.#waiting.set(session, waiting);
    if (seconds === 0) {
      this.end(session);
      return;
    }
    if (will?.delaySeconds === 0) {
      this.#publishWill(session);
    } else if (will !== undefined) {
      // Whichever comes first, the delay or the end of the session [MQTT-3.1.3-9].
      waiting.willTimer = setTimeout(
        () => this.#publishWill(session),
        Math.min(will.delaySeconds * 1000, longestTimer),
      );
    }
    this.#expireAfter(session, seconds);
    session.expires = seconds === neverExpires ? 0 : now() + seconds;
    tell('updated', session);
    router.reroute(
      session.outbox.takeShared(({ group }) => group?.hasOthers(session, true) === true),
      session,
    );
  }

  /** A session without a connection, as `POST /mqtt/sessions` makes it. */
  createOffline(cid: number, clientId: string, expiry: number): Session | undefined {
    if (this.find(cid, clientId) !== undefined || !this.hasRoom(cid)) return undefined;
    const session = this.#create(cid, clientId, undefined);
    session.expiry = expiry;
    session.expires = expiry >= neverExpires ? 0 : this.options.now() + expiry;
    this.#expireAfter(session, expiry);
    this.#untold.delete(session);
    this.options.tell('created', session);
    return session;
  }

  /** Ends a session: a will that waits is published, its subscriptions go, its shared messages go to the other members. */
  end(session: Session): void {
    const { router } = this.options;
    this.#publishWill(session);
    this.#stopWaiting(session);
    const key = keyOf(session.cid, session.clientId);
    if (this.#sessions.get(key) !== session) return;
    this.#sessions.delete(key);
    this.#byId.delete(session.id);
    const count = (this.#countByAccount.get(session.cid) ?? 1) - 1;
    if (count > 0) this.#countByAccount.set(session.cid, count);
    else this.#countByAccount.delete(session.cid);
    for (const subscription of session.subscriptions.values()) router.delete(subscription);
    session.subscriptions.clear();
    router.reroute(
      session.outbox.takeShared(({ group }) => group?.isEmpty === false),
      session,
    );
    session.outbox.clear();
    if (!this.#untold.delete(session)) this.options.tell('deleted', session);
  }

  close(): void {
    for (const session of this.#waiting.keys()) this.#stopWaiting(session);
    this.#sessions.clear();
    this.#byId.clear();
  }

  #create(cid: number, clientId: string, token: Token | undefined): Session {
    const { limits, stats, assumptions } = this.options;
    this.#lastId += 1;
    const outbox = new Outbox(limits, stats, () => this.#overflow(session), assumptions.redeliverRefused);
    const session = new Session(this.#lastId, cid, clientId, token, outbox);
    this.#sessions.set(keyOf(cid, clientId), session);
    this.#byId.set(session.id, session);
    this.#countByAccount.set(cid, (this.#countByAccount.get(cid) ?? 0) + 1);
    this.#waiting.set(session, {});
    this.#untold.add(session);
    return session;
  }

  #overflow(session: Session): void {
    // Not from within the delivery that was too much.
    const { client } = session;
    if (client !== undefined) setImmediate(() => client.disconnect(ReasonCode.quotaExceeded));
  }

  #publishWill(session: Session): void {
    const waiting = this.#waiting.get(session);
    if (waiting?.will === undefined) return;
    const { will } = waiting;
    waiting.will = undefined;
    clearTimeout(waiting.willTimer);
    this.options.publish(will);
  }

  #expireAfter(session: Session, seconds: number): void {
    const waiting = this.#waiting.get(session);
    if (waiting === undefined || seconds >= neverExpires) return;
    const milliseconds = Math.min(seconds * 1000, longestTimer);
    waiting.expiryTimer = setTimeout(() => {
      const left = seconds - milliseconds / 1000;
      if (left > 0) this.#expireAfter(session, left);
      else this.end(session);
    }, milliseconds);
  }

  #stopWaiting(session: Session): void {
    const waiting = this.#waiting.get(session);
    if (waiting === undefined) return;
    clearTimeout(waiting.willTimer);
    clearTimeout(waiting.expiryTimer);
    this.#waiting.delete(session);
  }
}

function keyOf(cid: number, clientId: string): string {
  return `${cid}/${clientId}`;
}
