/** What stands in a topic until it is subscribed to, e.g. `{{payload.device}}`. */
export type PlaceText = `{{${string}}}`;

/** A subscription topic taken apart, the model behind the topic builder (flespi: "MQTT", "Topic filtering"; shared subscriptions). */
export interface TopicParts {
  share?: { group: string; sticky?: { from?: number; count: number } };
  filter?: {
    cid?: number | PlaceText;
    /** Unix seconds. */
    modifiedSince?: number | PlaceText;
    /** Expression over the payload, not encoded. */
    payload?: string;
    /** Expression over the whole message, not encoded. */
    message?: string;
  };
  /** The levels below the prefixes: each a plain word, `+`, `#`, or a comma list. */
  levels: readonly string[];
}

/** The conditions of a `$filter` prefix. */
export type TopicFilter = NonNullable<TopicParts['filter']>;
export type TopicShare = NonNullable<TopicParts['share']>;
