import { scopeOf, type JsonObject, type Scope, type Value } from '../../nodes/protocol/expression';
import type { Publication } from './publication';

/** A publication with what the broker finds out about it on the way, each at most once. */
export class Message {
  #levels: readonly string[] | undefined;
  #text: string | undefined;
  #messageScope: Scope | undefined;
  #payloadScope: Scope | undefined;
  #userProperties: Record<string, string | string[]> | undefined;
  /** See `encode-delivery.ts`: the QoS 0 packets that were made of this message, by what they differ in. */
  encoded: Map<string, Buffer> | undefined;

  constructor(readonly publication: Publication) {}

  get levels(): readonly string[] {
    return (this.#levels ??= this.publication.topic.split('/'));
  }

  /** What it counts for in a queue. */
  get bytes(): number {
    return this.publication.payload.length + this.publication.topic.length + 100;
  }

  /** The publisher's own user properties, and the broker's: `timestamp` and `cid` (flespi forum, changelog of the broker). */
  get userProperties(): Record<string, string | string[]> {
    return (this.#userProperties ??= {
      ...this.publication.userProperties,
      timestamp: String(this.publication.timestamp),
      cid: String(this.publication.cid),
    });
  }

  /** What `$filter/message` sees (flespi: "flespi API basics", topic filtering). */
  get messageScope(): Scope {
    const { topic, cid, timestamp, userProperties } = this.publication;
    return (this.#messageScope ??= scopeOf({
      topic,
      topics: this.levels,
      cid,
      timestamp,
      user_properties: userProperties,
      payload: this.text,
    }));
  }

  /** What `$filter/payload` sees: the members of a JSON object; of anything else the text, as `payload`. */
  get payloadScope(): Scope {
    return (this.#payloadScope ??= scopeOf(asObject(this.text) ?? { payload: this.text }));
  }

  private get text(): string {
    return (this.#text ??= this.publication.payload.toString('utf8'));
  }
}

function asObject(text: string): JsonObject | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const value = JSON.parse(text) as Value;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

/** Is its Message Expiry Interval over? Counted from its timestamp (flespi forum, changelog of the broker). */
export function isExpired({ messageExpiryInterval, timestamp }: Publication, now: number): boolean {
  return messageExpiryInterval !== undefined && now >= timestamp + messageExpiryInterval;
}
