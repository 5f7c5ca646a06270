/** A message on its way through the broker. */
export interface Publication {
  topic: string;
  payload: Buffer;
  qos: 0 | 1 | 2;
  retain: boolean;
  /** Account of the publisher; becomes the user property `cid` of every delivery. */
  cid: number;
  /** Unix seconds at which the broker took the message; becomes the user property `timestamp`. */
  timestamp: number;
  userProperties: Record<string, string | string[]>;
  responseTopic?: string;
  correlationData?: Buffer;
  contentType?: string;
  payloadFormatIndicator?: boolean;
  /** Seconds, counted from `timestamp`. */
  messageExpiryInterval?: number;
}

/** What the rest of the platform publishes; the broker fills in the time. Payload strings go out as UTF-8. */
export type PlatformEvent = Pick<Publication, 'topic' | 'cid'> & {
  payload: Buffer | string;
  retain?: boolean;
  timestamp?: number;
};

/** How REST and fleet put events on the broker's topics. */
export type PublishEvent = (event: PlatformEvent) => void;
