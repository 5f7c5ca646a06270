import type { Token } from '../account/token';

/** A REST call as either door hands it over, an HTTP request or a publication to `flespi/rest/...`. Nothing is decoded yet. */
export interface RestCall {
  /** Upper case. */
  method: string;
  /** Without the leading slash and the query; still percent-encoded. */
  path: string;
  /** The text after `?`, still encoded; empty without one. */
  query: string;
  body?: Uint8Array;
  token: Token;
  /** The account to run in: the header `x-flespi-cid`, or the user property `cid` over MQTT. */
  cid?: number;
  via: 'http' | 'mqtt';
}

/** What goes back through the same door: JSON, or plain text where flespi answers plain text. */
export interface RestAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Never rejects: whatever goes wrong becomes an answer. */
export type RestHandler = (call: RestCall) => Promise<RestAnswer>;
