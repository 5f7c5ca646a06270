import { randomBytes } from 'node:crypto';
import type { IConnackPacket } from 'mqtt';
import { systemClock, type Cancel, type Clock } from './clock';
import type { ConnectionState } from './connection-state';
import { FlespiError } from './flespi-error';
import { linkOptions, type MqttConnectionOptions } from './connection-options';
import type { LinkOptions } from './link-options';
import type { LinkDown } from './link-end';
import { MqttLink, type ServerProperties } from './mqtt-link';
import { takeOverSuspected } from './mqtt-refusal';
import { OutageLog } from './outage-log';
import { Outgoing } from './outgoing';
import type { Publication } from './publication';
import { ReconnectPolicy } from './reconnect';
import type { Subscription, SubscriptionListener, SubscriptionRequest } from './subscription';
import { knownSubscriptions } from './known-subscriptions';
import { SubscriptionRegistry } from './subscription-registry';

export type { ConnectionLogEntry } from './outage-log';
export type { MqttConnectionOptions } from './connection-options';

/**
 * The one MQTT connection of an account, shared by all its nodes. It is open while somebody needs it, keeps trying while it
 * cannot be, says why, and closes for good within a second. Its users never see a client of the library or a packet.
 */
export class MqttConnection {
  readonly protocolVersion: 4 | 5;
  readonly clientId: string;
  readonly #linkOptions: LinkOptions;
  readonly #clock: Clock;
  readonly #grace: number;
  readonly #log: OutageLog;
  readonly #policy: ReconnectPolicy;
  readonly #registry: SubscriptionRegistry;
  readonly #listeners = new Set<(state: ConnectionState) => void>();
  #state: ConnectionState = { kind: 'idle' };
  /** The link of the current attempt. Events of any other are of the past. */
  #link: MqttLink | undefined;
  /** Users by `acquire`, besides the subscriptions. */
  #users = 0;
  /** What somebody asked for by name, whoever else needs the link. */
  #verb: 'connect' | 'disconnect' | undefined;
  /** The next thing to happen by itself: an attempt, or the end of the grace time. */
  #next: Cancel | undefined;
  #nextIs: 'open' | 'retire' | undefined;
  /** Monotonic milliseconds of the next attempt, while a refusal or a loss demands patience. */
  #notBefore = 0;
  #hadSession = false;
  /** That the certificate is not looked at was logged: it is so with every link, and not news. */
  #toldUnverified = false;
  readonly #outgoing: Outgoing;
  #closing: Promise<void> | undefined;

  constructor(options: MqttConnectionOptions) {
    const { clock = systemClock, grace = 5000, random = Math.random, log = () => {} } = options;
    this.#linkOptions = linkOptions(options);
    this.protocolVersion = this.#linkOptions.protocolVersion;
    this.clientId = options.clientId;
    this.#clock = clock;
    this.#grace = grace;
    this.#log = new OutageLog(log);
    this.#outgoing = new Outgoing(this.protocolVersion);
    this.#policy = new ReconnectPolicy(random);
    this.#registry = new SubscriptionRegistry({
      clock,
      random,
      grace,
      answerTimeout: options.answerTimeout ?? 10_000,
      refusedPause: 300_000,
      leftovers: options.leftovers ?? new Set(),
      protocolVersion: this.protocolVersion,
      hold: options.hold ?? { messages: 1000, bytes: 16 * 1024 * 1024 },
      receiveMaximum: this.#linkOptions.receiveMaximum,
      changed: () => this.#needChanged(),
    });
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** What the broker said in CONNACK that it can do; empty while there is no link. */
  get serverProperties(): ServerProperties {
    return this.#link?.up ? this.#link.serverProperties : {};
  }

  /** Called with every change of state, not with the present one. Returns how to stop it. */
  onState(listener: (state: ConnectionState) => void): () => void {
    const own = (state: ConnectionState): void => listener(state);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  /** Somebody needs the link: it opens with the first, and closes some time after the last has called what is returned. */
  acquire(): () => void {
    let held = true;
    this.#users += 1;
    this.#needChanged();
    return () => {
      if (!held) return;
      held = false;
      this.#users -= 1;
      this.#needChanged();
    };
  }

  /**
   * Wants messages, connected or not; the subscription itself tells how it goes. Never throws: what is wrong with the request is
   * the subscription's state.
   */
  subscribe(request: SubscriptionRequest, listener: SubscriptionListener): Subscription {
    return this.#registry.add(request, listener);
  }

  /**
   * Publishes now or never: nothing is kept for a later connection, and nothing is sent twice. Resolves when it is
   * written (QoS 0) or acknowledged (QoS 1).
   * @throws FlespiError `FLESPI_NOT_CONNECTED`, `FLESPI_BAD_TOPIC`, `FLESPI_BAD_INPUT`, `FLESPI_PUBLISH_REFUSED`, `FLESPI_OUTCOME_UNKNOWN`
   */
  async publish(publication: Publication): Promise<void> {
    if (!this.#link?.up) throw this.#notConnected(`publish to ${publication.topic}`);
    await this.#outgoing.send(this.#link, publication);
  }

  /** Opens the link now, needed or not, and asks again for what was refused. */
  connect(): void {
    this.#verb = 'connect';
    this.#policy.reset();
    this.#notBefore = 0;
    this.#registry.retryRefused();
    if (this.#nextIs === 'open') this.#cancelNext();
    this.#needChanged();
  }

  /** Closes the link until `connect`, needed or not. */
  disconnect(): void {
    this.#verb = 'disconnect';
    this.#needChanged();
  }

  /**
   * Ends everything, for good. Always settles within a second and never rejects; the second call is the first.
   * @param forget the broker shall forget the session and what it keeps for it
   */
  close(forget = false): Promise<void> {
    this.#closing ??= this.#close(forget);
    return this.#closing;
  }

  async #close(forget: boolean): Promise<void> {
    this.#cancelNext();
    const link = this.#link;
    this.#link = undefined;
    this.#registry.close();
    this.#enter({ kind: 'closed' });
    this.#listeners.clear();
    await link?.close(forget);
  }

  get #needed(): boolean {
    if (this.#closing || this.#verb === 'disconnect') return false;
    return this.#verb === 'connect' || this.#users > 0 || this.#registry.size > 0;
  }

  #needChanged(): void {
    if (this.#closing) return;
    if (this.#needed) {
      if (this.#nextIs === 'retire') this.#cancelNext();
      // Not at once: the nodes of a deploy are all made in one go, and a resumed session sends what it kept without being asked.
      if (!this.#link && this.#nextIs === undefined) {
        this.#schedule('open', Math.max(0, this.#notBefore - this.#clock.elapsed()));
      }
    } else if (this.#verb === 'disconnect') {
      this.#retire();
    } else if (this.#state.kind !== 'idle') {
      // While it waits for the next attempt there is nothing to outlive the grace time for.
      if (this.#nextIs !== 'retire') this.#schedule('retire', this.#state.kind === 'waiting' ? 0 : this.#grace);
    } else {
      this.#cancelNext();
    }
  }

  #schedule(what: 'open' | 'retire', delay: number): void {
    this.#cancelNext();
    this.#nextIs = what;
    this.#next = this.#clock.after(delay, () => {
      this.#nextIs = undefined;
      if (what === 'open') this.#open();
      else this.#retire();
    });
  }

  #cancelNext(): void {
    this.#next?.();
    this.#nextIs = undefined;
  }

  #retire(): void {
    this.#cancelNext();
    const link = this.#link;
    this.#link = undefined;
    if (link) {
      this.#registry.linkDown({ error: this.#notConnected('connection'), patience: 'soon', connectedFor: undefined });
      void link.close();
    }
    this.#log.end();
    this.#notBefore = 0;
    this.#enter({ kind: 'idle' });
    this.#registry.announce();
  }

  #open(): void {
    if (!this.#needed || this.#link) return;
    this.#enter({ kind: 'connecting' });
    let link: MqttLink;
    try {
      if (this.#linkOptions.token() === '') throw new FlespiError('FLESPI_NO_TOKEN', { attempted: 'connection' });
      link = new MqttLink(this.#linkOptions, this.#clock, {
        up: (connack) => {
          if (link === this.#link) this.#up(link, connack);
        },
        publication: (packet) => (link === this.#link ? this.#registry.publication(packet) : false),
        room: () => (link === this.#link ? this.#registry.room() : undefined),
        down: (end) => {
          if (link === this.#link) this.#down(end);
        },
      });
    } catch (cause) {
      const error =
        cause instanceof FlespiError ? cause : new FlespiError('FLESPI_BAD_INPUT', { attempted: 'connection', cause });
      this.#down({ error, patience: 'settings', connectedFor: undefined });
      return;
    }
    this.#link = link;
    link.open();
  }

  #up(link: MqttLink, connack: IConnackPacket): void {
    const sessionPresent = connack.sessionPresent;
    const warning = this.#warningFor(sessionPresent);
    this.#hadSession = !this.#linkOptions.clean;
    this.#log.recovered(this.#clock.elapsed());
    const unverified = warning?.code === 'FLESPI_NOT_VERIFIED';
    if (warning && !(unverified && this.#toldUnverified)) this.#log.warned(warning);
    this.#toldUnverified ||= unverified;
    this.#enter({ kind: 'connected', sessionPresent, ...(warning && { warning }) });
    const { serverProperties } = link;
    const known = sessionPresent ? knownSubscriptions(serverProperties.userProperties?.['subscriptions']) : undefined;
    this.#registry.linkUp({ link, sessionPresent, known, serverProperties });
  }

  #down(end: LinkDown): void {
    this.#link = undefined;
    const at = this.#clock.elapsed();
    const explained = this.#registry.linkDown(end);
    const { patience, connectedFor } = end;
    const delay = this.#policy.delayAfter({ patience, connectedFor, at, explained });
    const unexplained = end.reasonCode === undefined && !explained && connectedFor !== undefined;
    const error =
      unexplained && this.#policy.takeOverSuspected ? takeOverSuspected(this.clientId, end.error) : end.error;
    this.#log.lost(error, at);
    this.#notBefore = at + delay;
    this.#enter({ kind: 'waiting', reason: error, retryAt: this.#clock.now() + delay });
    this.#registry.announce();
    if (this.#needed) this.#schedule('open', delay);
    else this.#retire();
  }

  #warningFor(sessionPresent: boolean): FlespiError | undefined {
    const attempted = 'connection';
    if (this.#hadSession && !sessionPresent) return new FlespiError('FLESPI_SESSION_LOST', { attempted });
    if (this.#linkOptions.tls?.rejectUnauthorized === false && /^(mqtts|wss):/.test(this.#linkOptions.url)) {
      return new FlespiError('FLESPI_NOT_VERIFIED', { attempted, params: { address: this.#linkOptions.url } });
    }
    return undefined;
  }

  #notConnected(attempted: string): FlespiError {
    const reason = this.#state.kind === 'waiting' ? this.#state.reason : undefined;
    return new FlespiError('FLESPI_NOT_CONNECTED', {
      attempted,
      ...(reason && { params: reason.params, cause: reason }),
    });
  }

  #enter(state: ConnectionState): void {
    this.#state = state;
    for (const listener of this.#listeners) {
      try {
        listener(state);
      } catch {
        // A node's mistake must not keep the state from the others.
      }
    }
  }
}

/** A client id that no other connection has. */
export function randomClientId(prefix = 'node-red'): string {
  return `${prefix}-${randomBytes(6).toString('hex')}`;
}
