import type { NodeAPI, NodeMessage } from 'node-red';
import { shown, text } from './form-value';
import { FlespiError } from './protocol/flespi-error';
import type { SubscriptionRequest } from './protocol/subscription';
import { safeLevel } from './protocol/topic';

/** A topic as the form saves it, or as `msg.topic` names it; core's `mqtt in` has the same words. */
export interface TopicOptions {
  topic?: unknown;
  qos?: unknown;
  /** Retain handling. */
  rh?: unknown;
  /** No local. */
  nl?: unknown;
}

/** A part of a topic that comes from a message: `{{payload.device}}`. */
const placeholder = /\{\{\s*([^{}]+?)\s*\}\}/g;

export const hasPlaceholder = (topic: unknown): boolean => typeof topic === 'string' && topic.search(placeholder) >= 0;

/** @throws FLESPI_BAD_INPUT; whether the topic itself can be used is for the connection to say. */
export function topicRequest(options: TopicOptions, cid: number | undefined): SubscriptionRequest {
  if (typeof options.topic !== 'string' || options.topic.trim() === '') {
    throw new FlespiError('FLESPI_BAD_INPUT', {
      attempted: 'topic',
      params: { problem: 'not-text', name: 'topic', given: shown(options.topic) },
    });
  }
  const retainHandling = Number(text(options.rh));
  return {
    filter: options.topic.trim(),
    // flespi knows 0 and 1; who asks for 2, as core's node does by default, means "surely".
    qos: Number(text(options.qos)) > 0 ? 1 : 0,
    retainHandling: retainHandling === 1 || retainHandling === 2 ? retainHandling : 0,
    ...(options.nl === true || options.nl === 'true' ? { noLocal: true } : {}),
    ...(cid === undefined ? {} : { cid }),
  };
}

/**
 * The topic with its placeholders filled in from a message. A value is data: it stays within its level and cannot widen the
 * topic.
 * @throws FLESPI_BAD_TOPIC for a value that would, or that is missing.
 */
export function fillTopic(RED: NodeAPI, topic: string, msg: NodeMessage): string {
  return topic.replace(placeholder, (_, property: string) => {
    const path = property.replace(/^msg\./, '');
    let value: unknown;
    try {
      value = RED.util.getMessageProperty(msg, path);
    } catch {
      // A missing parent; refused below like a missing value.
    }
    return safeLevel(value);
  });
}

/** What `msg.topic` asks for: one topic or several, as text or with options. */
export function requestedTopics(topic: unknown): TopicOptions[] {
  const list: unknown[] = Array.isArray(topic) ? topic : [topic];
  return list.map((entry) =>
    typeof entry === 'object' && entry !== null ? (entry as TopicOptions) : { topic: entry },
  );
}
