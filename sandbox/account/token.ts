/** What a token may do: 0 standard, 1 master, 2 by access control list (flespi: "Tokens: access keys to flespi platform"). */
export type AccessType = 0 | 1 | 2;

/** One line of an access control list; the same shape as flespi's `access.acl`. */
export interface AclEntry {
  uri: string;
  methods?: string[];
  ids?: 'all' | 'in-groups' | number[];
  submodules?: { name: string; methods?: string[] }[];
  /** For `uri: "mqtt"`: the topic filter that the token may use. */
  topic?: string;
  actions?: ('publish' | 'subscribe')[];
}

/** A flespi token item. Times are unix seconds; `key` is the secret. */
export interface Token {
  id: number;
  key: string;
  cid: number;
  info: string;
  enabled: boolean;
  created: number;
  accessed: number;
  ttl: number;
  expire: number;
  ips: string;
  access: { type: AccessType; acl?: AclEntry[] };
  metadata: Record<string, unknown>;
}
