import type { Node, NodeAPI, NodeStatus } from 'node-red';
import { catalogueText } from './catalogue-text';
import { errorText } from './error-text';
import type { Progress } from './protocol/call';
import type { ConnectionState } from './protocol/connection-state';
import type { FlespiError } from './protocol/flespi-error';

/** What a node can be doing, for its status. */
export type NodeState =
  | Exclude<ConnectionState, { kind: 'closed' }>
  | Progress
  | { kind: 'done' }
  | { kind: 'partial'; reason: string }
  | { kind: 'failed'; reason: string }
  | ({ kind: 'subscribed'; done: number; wanted: number; reason?: FlespiError } & Partial<Record<Count, number>>);

/** Messages of a subscription that did not simply go through. */
type Count = (typeof countsShown)[number];
const countsShown = ['unconfirmed', 'held', 'overdue', 'ignored', 'dropped'] as const;

type Look = [NodeStatus['fill'], NodeStatus['shape']];

/** The one table of colours and shapes: green works, blue is busy, yellow waits, red needs somebody, grey is idle. */
const looks: Record<NodeState['kind'], Look> = {
  idle: ['grey', 'ring'],
  connecting: ['yellow', 'ring'],
  connected: ['green', 'dot'],
  waiting: ['yellow', 'ring'],
  requesting: ['blue', 'dot'],
  pages: ['blue', 'dot'],
  done: [undefined, undefined],
  partial: ['yellow', 'dot'],
  failed: ['red', 'ring'],
  subscribed: ['green', 'dot'],
};

/** Longer texts would cover the flow beside the node; the whole sentence is in the log and on Catch nodes. */
const longest = 90;

export function nodeStatus(RED: NodeAPI, state: NodeState): NodeStatus {
  if (state.kind === 'done') return {};
  const [fill, shape] = lookOf(state);
  const text = textOf(RED, state);
  return { fill, shape, text: text.length > longest ? withoutMiddle(text) : text };
}

/** A sentence says first what it is about, and last what is wrong with it. */
function withoutMiddle(text: string): string {
  const end = Math.ceil(longest / 2);
  return `${text.slice(0, longest - end).trimEnd()} … ${text.slice(-end).trimStart()}`;
}

function lookOf(state: NodeState): Look {
  if (state.kind === 'waiting' && 'retryAt' in state) return ['red', 'ring'];
  if (state.kind === 'subscribed' && state.done < state.wanted)
    return state.reason ? ['red', 'ring'] : ['yellow', 'ring'];
  if (state.kind === 'subscribed' && state.reason) return ['yellow', 'dot'];
  return looks[state.kind];
}

function textOf(RED: NodeAPI, state: NodeState): string {
  const say = (key: string, values: Record<string, string | number> = {}): string =>
    catalogueText(RED, `status.${key}`, values) ?? [key, ...Object.values(values)].join(' ');
  switch (state.kind) {
    // Core's own words for the states that core's MQTT nodes have too: the editor translates them.
    case 'connected':
    case 'connecting':
      return `node-red:common.status.${state.kind}`;
    case 'idle':
      return 'node-red:common.status.disconnected';
    case 'requesting':
      return say('requesting');
    case 'pages':
      return state.count === undefined
        ? say('pages', { pages: state.pages, items: state.items })
        : say('pagesOf', { pages: state.pages, items: state.items, count: state.count });
    case 'waiting':
      return 'retryAt' in state
        ? say('waiting', { reason: clause(errorText(RED, state.reason)), time: clock(state.retryAt) })
        : say(`wait.${state.reason}`, { time: clock(state.until) });
    case 'partial':
    case 'failed':
      return state.kind === 'failed' ? state.reason : say('partial', { reason: state.reason });
    case 'subscribed': {
      const { done, wanted, reason } = state;
      if (reason) return say('subscribedReason', { done, wanted, reason: errorText(RED, reason) });
      const counts = countsShown.flatMap((count) =>
        state[count] ? [say(`count.${count}`, { count: state[count] })] : [],
      );
      return [say('subscribed', { done, wanted }), ...counts].join(', ');
    }
    default:
      return '';
  }
}

/** A sentence inside a longer one. */
const clause = (sentence: string): string => sentence.replace(/\.$/, '');

/** Local time of day. */
function clock(time: number): string {
  const date = new Date(time);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

/** Changes of a status in any second, and how long a second is. */
const burst = 2;
const second = 1000;
/** Milliseconds for which a state must last to be shown: on the way to "subscribed" there are many. */
const passing = 50;

/**
 * A node's status line: at most two changes within a second, the last one always shown, and nothing after close. Every
 * change goes to all open editors and to Status nodes.
 */
export class StatusLine {
  readonly #RED: NodeAPI;
  readonly #node: Node;
  #shown = '';
  #next: NodeState | undefined;
  /** Monotonic times of the last changes, oldest first. */
  readonly #times: number[] = [];
  /** Set while a state waits to be shown. */
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(RED: NodeAPI, node: Node) {
    this.#RED = RED;
    this.#node = node;
    node.on('close', () => {
      this.#closed = true;
      clearTimeout(this.#timer);
    });
  }

  show(state: NodeState): void {
    if (this.#closed) return;
    this.#next = state;
    if (this.#timer !== undefined) return;
    const [oldest = -Infinity] = this.#times.length < burst ? [] : this.#times;
    const delay = Math.max(oldest + second - performance.now(), state.kind === 'failed' ? 0 : passing);
    if (delay <= 0) this.#write();
    else this.#timer = setTimeout(() => this.#write(), delay).unref();
  }

  #write(): void {
    this.#timer = undefined;
    const state = this.#next;
    this.#next = undefined;
    if (state === undefined || this.#closed) return;
    const status = nodeStatus(this.#RED, state);
    const text = JSON.stringify(status);
    if (text === this.#shown) return;
    this.#shown = text;
    this.#times.push(performance.now());
    if (this.#times.length > burst) this.#times.shift();
    this.#node.status(status);
  }
}
