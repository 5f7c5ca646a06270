import type { Node, NodeAPI, NodeMessageInFlow } from 'node-red';
import { errorText } from './error-text';
import { findAccount, leaveAccount } from './find-account';
import { shown, text } from './form-value';
import type { Send } from './handle-input';
import { NodeFailure } from './node-failure';
import { StatusLine } from './node-status';
import { NodeSubscriptions } from './node-subscriptions';
import { FlespiError } from './protocol/flespi-error';
import type { MqttConnection } from './protocol/mqtt-connection';
import type { Delivery, Subscription } from './protocol/subscription';
import { needsMessage } from './protocol/topic';
import { SubscribeOutput } from './subscribe-output';
import { type OutputDefinition, outputSettings } from './subscribe-settings';
import { fillTopic, requestedTopics, type TopicOptions, topicRequest } from './topic-request';

export interface SubscribeDefinition extends OutputDefinition {
  account?: string;
  topics?: TopicOptions[];
}

/** Milliseconds that a message waits for the broker's answer to what it asked for. */
const longestAnswer = 15_000;

/** Milliseconds after which the status tells what changed with the messages themselves. */
const countsPause = 500;

/** One flespi-subscribe node at work. */
export class SubscribeNode {
  readonly #RED: NodeAPI;
  readonly #node: Node;
  readonly #def: SubscribeDefinition;
  readonly #status: StatusLine;
  #output: SubscribeOutput | undefined;
  #connection: MqttConnection | undefined;
  #subscriptions: NodeSubscriptions | undefined;
  #cid: number | undefined;
  #stopWatching: () => void = () => {};
  /** Why topics of the form could not be asked for, by the topic as the form has it. */
  readonly #unusable = new Map<string, FlespiError>();
  /** Refusals that were reported, so that each is reported once. */
  readonly #told = new Set<string>();
  /** Sentences that were logged as warnings. */
  readonly #warned = new Set<string>();
  #showing: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(RED: NodeAPI, node: Node, def: SubscribeDefinition) {
    this.#RED = RED;
    this.#node = node;
    this.#def = def;
    this.#status = new StatusLine(RED, node);
    try {
      const settings = outputSettings(def);
      const account = findAccount(RED, node, def.account);
      this.#output = new SubscribeOutput(RED, node, settings);
      this.#cid = account.settings.cid;
      this.#connection = account.mqtt;
      this.#subscriptions = new NodeSubscriptions({
        connection: account.mqtt,
        name: node.id,
        window: settings.confirm?.window,
        message: (delivery, confirm) => this.#deliver(delivery, confirm),
        changed: () => this.#show(),
      });
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Subscribes to the topics of the form. */
  start(): void {
    if (!this.#connection || !this.#subscriptions || this.#closed) return;
    this.#stopWatching = this.#connection.onState(() => this.#show());
    for (const options of this.#def.topics ?? []) {
      // Those wait for a message that says `subscribe`.
      if (!needsMessage(text(options.topic))) void this.#subscribe(options);
    }
    this.#show();
  }

  /** Subscribes to a topic of the form that no message is needed for. Never rejects. */
  async #subscribe(options: TopicOptions): Promise<void> {
    const template = text(options.topic);
    try {
      const topic = await fillTopic(this.#RED, this.#node, template, {});
      if (!this.#closed) this.#subscriptions?.add(topicRequest({ ...options, topic }, this.#cid));
    } catch (error) {
      if (error instanceof FlespiError) this.#unusable.set(template, error);
      this.#fail(error);
    }
    this.#show();
  }

  /** Core's verbs in `msg.action`, and confirmations: of what the flow got from here, with or without the verb. */
  async control(msg: NodeMessageInFlow, send: Send, signal: AbortSignal): Promise<void> {
    if (this.#output?.confirmed && isConfirmation(msg)) {
      this.#output.confirm(handlesOf(msg));
      this.#showSoon();
      return;
    }
    const account = findAccount(this.#RED, this.#node, this.#def.account);
    const subscriptions = this.#subscriptions;
    if (!subscriptions) throw new FlespiError('FLESPI_NO_ACCOUNT', { attempted: this.#node.type });
    switch (msg['action']) {
      case 'connect':
        account.mqtt.connect();
        return;
      case 'disconnect':
        account.mqtt.disconnect();
        return;
      case 'subscribe': {
        const requests = (await this.#topicsOf(msg)).map((options) => topicRequest(options, this.#cid));
        // A deploy may have come while a context was asked; nobody would end what is begun now.
        if (signal.aborted) return;
        await this.#confirmed(
          requests.map((request) => subscriptions.add(request)),
          signal,
        );
        msg['subscriptions'] = listed(subscriptions);
        return;
      }
      case 'unsubscribe':
        if (msg.topic === (true as unknown)) await subscriptions.removeAll();
        else for (const { topic } of await this.#topicsOf(msg)) await subscriptions.remove(text(topic));
        this.#show();
        msg['subscriptions'] = listed(subscriptions);
        return;
      case 'getSubscriptions':
        send(Object.assign(msg, { topic: 'subscriptions', payload: listed(subscriptions) }));
        return;
      default:
        throw new FlespiError('FLESPI_BAD_INPUT', {
          attempted: 'action',
          params: { problem: 'action', name: 'msg.action', given: shown(msg['action']) },
        });
    }
  }

  async close(removed: boolean): Promise<void> {
    this.#closed = true;
    this.#stopWatching();
    clearTimeout(this.#showing);
    this.#output?.close();
    leaveAccount(this.#RED, this.#node, this.#def.account);
    await this.#subscriptions?.close(removed);
  }

  /** `msg.topic`, or the topics of the form with their places filled in. */
  async #topicsOf(msg: NodeMessageInFlow): Promise<TopicOptions[]> {
    if (msg.topic !== undefined && msg.topic !== '') return requestedTopics(msg.topic);
    const filled = await Promise.all(
      (this.#def.topics ?? []).map(async (options) => ({
        ...options,
        topic: await fillTopic(this.#RED, this.#node, text(options.topic), msg),
      })),
    );
    this.#unusable.clear();
    return filled;
  }

  /** Waits for the broker's answers, and fails with the first refusal. */
  async #confirmed(added: readonly Subscription[], signal: AbortSignal): Promise<void> {
    this.#show();
    if (this.#connection?.state.kind === 'waiting') return;
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(longestAnswer)]);
    for (const subscription of added) {
      const state = await this.#subscriptions?.settled(subscription, bounded);
      if (state?.kind === 'refused') {
        this.#told.add(subscription.request.filter);
        await this.#subscriptions?.remove(subscription.request.filter);
        this.#show();
        throw state.reason;
      }
    }
  }

  #deliver(delivery: Delivery, confirm?: () => void): void {
    if (this.#closed) return;
    this.#output?.take(delivery, confirm);
    if (confirm) this.#showSoon();
  }

  #showSoon(): void {
    this.#showing ??= setTimeout(() => {
      this.#showing = undefined;
      this.#show();
    }, countsPause);
  }

  #show(): void {
    const { kind } = this.#connection?.state ?? { kind: 'closed' };
    if (this.#closed || !this.#connection || !this.#subscriptions || kind === 'closed') return;
    const { state } = this.#connection;
    const summary = this.#subscriptions.summary;
    const [unusable] = this.#unusable.values();
    if (unusable && summary.wanted === 0) {
      this.#status.show({ kind: 'failed', reason: errorText(this.#RED, unusable) });
      return;
    }
    if (state.kind !== 'connected') {
      if (state.kind !== 'closed') this.#status.show(state);
      return;
    }
    const { warning } = state;
    // Other than a session that was lost, this goes on as long as the link does.
    const lasting = summary.done === summary.wanted && warning?.code === 'FLESPI_NOT_VERIFIED' && { reason: warning };
    this.#status.show(
      summary.wanted === 0
        ? state
        : {
            kind: 'subscribed',
            ...lasting,
            ...(unusable && { reason: unusable }),
            ...summary,
            wanted: summary.wanted + this.#unusable.size,
            overdue: this.#output?.overdue ?? 0,
            ignored: this.#output?.ignored ?? 0,
          },
    );
    for (const { request, state: own } of this.#subscriptions.list) {
      if (own.kind === 'subscribed' && own.warning) this.#warnOnce(own.warning);
      if (own.kind !== 'refused') this.#told.delete(request.filter);
      else if (!this.#told.has(request.filter)) {
        this.#told.add(request.filter);
        // With a message, because without one it would not reach Catch nodes.
        this.#node.error(new NodeFailure(this.#RED, own.reason), { topic: request.filter });
      }
    }
  }

  /** It is the same with every link. */
  #warnOnce(warning: FlespiError): void {
    const sentence = errorText(this.#RED, warning);
    if (this.#warned.has(sentence)) return;
    this.#warned.add(sentence);
    this.#node.warn(sentence);
  }

  #fail(error: unknown): void {
    const reason = errorText(this.#RED, error);
    this.#status.show({ kind: 'failed', reason });
    this.#node.error(new NodeFailure(this.#RED, error), {});
  }
}

/** What has a handle and wants nothing else: flows end with a wire back to the node. */
function isConfirmation(msg: NodeMessageInFlow): boolean {
  return msg['action'] === 'confirm' || (msg['action'] === undefined && ackOf(msg) !== undefined);
}

const ackOf = (msg: NodeMessageInFlow): unknown => (msg['flespi'] as { ack?: unknown } | null | undefined)?.ack;

/** One handle, or a list of them, which a flow that joins messages has. */
function handlesOf(msg: NodeMessageInFlow): string[] {
  const ack = ackOf(msg);
  const handles: unknown[] = Array.isArray(ack) ? ack : [ack];
  return handles.map((handle) => {
    if (typeof handle === 'string') return handle;
    throw new FlespiError('FLESPI_BAD_INPUT', {
      attempted: 'confirm',
      params: { problem: 'not-text', name: 'msg.flespi.ack', given: shown(handle) },
    });
  });
}

function listed(subscriptions: NodeSubscriptions): object[] {
  return subscriptions.list.map(({ request: { filter, qos, retainHandling }, state }) => ({
    topic: filter,
    qos,
    rh: retainHandling,
    state: state.kind,
  }));
}
