import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { shown, text } from './form-value';
import { FlespiError } from './protocol/flespi-error';
import type { SubscriptionRequest } from './protocol/subscription';
import { fillPlaces, placesOf } from './protocol/topic';
import { typedValue } from './typed-value';

/** A topic as the form saves it, or as `msg.topic` names it; core's `mqtt in` has the same words. */
export interface TopicOptions {
  topic?: unknown;
  qos?: unknown;
  /** Retain handling. */
  rh?: unknown;
  /** No local. */
  nl?: unknown;
}

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
 * The topic with its places filled in: `{{device}}` from the message, `{{flow.fleet}}`, `{{global.x}}` and `{{env.NAME}}` from
 * where they say.
 * @throws FLESPI_BAD_TOPIC or FLESPI_BAD_INPUT for a value that would make it wider, or that is missing
 */
export async function fillTopic(RED: NodeAPI, node: Node, topic: string, msg: NodeMessage): Promise<string> {
  const values = new Map<string, unknown>();
  for (const { text: place, path, source } of placesOf(topic)) {
    values.set(place, await typedValue(RED, node, msg, place, path, source));
  }
  return fillPlaces(topic, (place) => values.get(place.text));
}

/** What `msg.topic` asks for: one topic or several, as text or with options. */
export function requestedTopics(topic: unknown): TopicOptions[] {
  const list: unknown[] = Array.isArray(topic) ? topic : [topic];
  return list.map((entry) =>
    typeof entry === 'object' && entry !== null ? (entry as TopicOptions) : { topic: entry },
  );
}
