/**
 * What flespi's pages do not say and the sandbox had to decide: all of it, in one place. Whoever learns better changes it
 * here. README.md has the same list in words.
 */
export interface Assumptions {
  /** Inner error codes. Only 2 ("bad request") and 3 ("ACL") are known from real answers. */
  errorCodes: { unauthorized: number; badRequest: number; forbidden: number; notFound: number };
  /** Status when some of the selected items could be served and some not. */
  partialSuccessStatus: number;
  /** `fields=configuration.ident` gives `{"configuration":{"ident":..}}`; otherwise the flat key `configuration.ident`. */
  nestedFields: boolean;
  /** Where the valid names stand in an answer about an unknown field. */
  schemaHint: 'in-error' | 'top-level';
  /** `pagination` is sent even when neither `limit` nor `offset` was. */
  paginationAlways: boolean;
  /** Items a page gives without `limit`; 0 gives all. */
  defaultLimit: number;
  /** The highest `limit` that is honoured; 0 is no ceiling. A higher one is lowered without a word. */
  maximumLimit: number;
  /** `gw/devices/1/telemetry` works like `.../telemetry/all`; otherwise it is an unknown path. */
  telemetryWithoutNames: boolean;
  /** PUT and PATCH take an array with one object too. */
  arrayBodyInPut: boolean;
  /** What `DELETE` lists: `{"id":n}` or the bare number. */
  deleteResult: 'objects' | 'numbers';
  /** `POST .../messages` lists what was accepted; otherwise an empty result. */
  messagePostResult: boolean;
  /** Seconds that `POST .../commands` waits when the call gives no `timeout`, and the range it may ask for. */
  commandTimeout: { default: number; minimum: number; maximum: number };
  /** Deliveries that `commands-queue` attempts when the call gives no `max_attempts`. */
  commandAttempts: number;
  /** Seconds a queued command lives when the call gives no `ttl`, and the range it may ask for. */
  commandTtl: { default: number; minimum: number; maximum: number };
  /** Bytes of a request body; more is refused with 413. */
  bodyLimit: number;
  /** Bytes of the request line and headers; more is refused with 431. */
  headerLimit: number;
  /** Levels of a JSON body; more is refused with 400. */
  jsonDepth: number;
  /** Objects in one creating POST. */
  createLimit: number;
  /** Messages, log records and retained results that one item keeps; the oldest go first. */
  recordsPerItem: number;
  /** Records in one answer; more are cut off. */
  recordsPerAnswer: number;
  /** Messages of several devices come one device after the other; otherwise all in order of time. */
  messagesByDevice: boolean;
  /** Days that a deleted item can be restored. */
  deletedDays: number;
  /** Event codes of `created`, `updated`, `deleted` in logs. */
  itemEvents: { created: number; updated: number; deleted: number };
  /** An answer is compressed, when the client accepts it, from this many bytes on. */
  gzipFrom: number;
  /** REST calls an account may make in a minute; 0 is no limit. The answer beyond it is a 429. */
  callsPerMinute: number;
  /** `Retry-After` of that 429 in seconds; 0 sends none. */
  retryAfter: number;
}

export const defaultAssumptions: Readonly<Assumptions> = {
  errorCodes: { unauthorized: 1, badRequest: 2, forbidden: 3, notFound: 4 },
  partialSuccessStatus: 200,
  nestedFields: true,
  schemaHint: 'in-error',
  paginationAlways: false,
  defaultLimit: 0,
  maximumLimit: 0,
  telemetryWithoutNames: false,
  arrayBodyInPut: false,
  deleteResult: 'objects',
  messagePostResult: true,
  commandTimeout: { default: 30, minimum: 5, maximum: 60 },
  commandAttempts: 3,
  commandTtl: { default: 86_400, minimum: 60, maximum: 2_592_000 },
  bodyLimit: 10 * 1024 * 1024,
  headerLimit: 64 * 1024,
  jsonDepth: 512,
  createLimit: 1000,
  recordsPerItem: 10_000,
  recordsPerAnswer: 200_000,
  messagesByDevice: true,
  deletedDays: 30,
  itemEvents: { created: 1, updated: 2, deleted: 3 },
  gzipFrom: 1024,
  callsPerMinute: 0,
  retryAfter: 0,
};

/** Guesses of REST that have no switch. They stand here so that one list is the whole list. */
export const fixedAssumptions = [
  'A call without a valid token is 401, also for a path that does not exist.',
  'Path and method are looked up before the rights: an unknown path is a plain 404 for every token.',
  'Several keys in a selector are a union, several conditions an intersection; with both, the keys that meet the conditions.',
  'Words that key a collection (settings, telemetry, idents) may hold * and ?.',
  'A key that does not exist is an entry of errors with its id; the status is 404 when nothing else was found.',
  'A condition on a field that the kind of item does not have is a 400; in an expression it is only false.',
  'plugins.driver.name, plugins.fields.driver.name and driver.name all mean that field of any item-fields plugin of the device.',
  'groups, plugins, streams and calcs of an item are lists of {"id","name"} and what the link carries.',
  'The names that data of a time-series call does not know are a 400; variables that a query does not know are ignored.',
  'from, to, begin, end, left_key and right_key are included; an interval is in the range when it touches it; count 0 is no bound.',
  'generalize gives one record a bucket at its beginning: numbers by the method, everything else the newest.',
  'PUT replaces the given fields; PATCH merges JSON fields one level deep.',
  'A creating POST is refused as a whole for one malformed object; what is well-formed and impossible fails alone.',
  'Writing a read-only field is a 400, id and cid included.',
  'A parent account sees the items of its subaccounts in every read, whichever account the call runs in is the top.',
  'A link shows in the account of its parent item; a group of the parent account may hold devices of a subaccount.',
  'Links to groups do not reach the members of the group: a calculator works for the devices that are linked to it.',
  'A state topic is published when its value changes. Telemetry topics carry the time of the message as their timestamp.',
  'Figures such as messages_size are brought up to date on their topics every ten seconds, everything else at once.',
  'Calls that write are told on flespi/log/platform/customer/{cid}/api; MQTT sessions by created, updated and deleted.',
  'An item that moves to another account leaves no retained state behind in the old one.',
  'A deleted or disabled token ends its MQTT connections with DISCONNECT 135.',
  'The plain item of a token has its key; only master tokens read tokens at all.',
  'created, updated and deleted carry the plain item as new and old, without metadata and without keys of tokens.',
  'The id of an interval is the second it begins in. Intervals of one calculator and device do not overlap.',
  'A real-time command to a device that is not connected fails at once.',
  'A setting that the device does not take stays pending until the next connection.',
  'The settings, commands and features of device types, and the ids in the dictionaries, are made up.',
  'Standard tokens see platform/customer and nothing else of platform; ACL tokens nothing at all.',
  'An ACL entry without ids opens all items; in-groups means the groups of the gw/groups entries of the same list.',
  'A deleted item comes back under its old id, without links, messages and telemetry.',
  'The body of a call is UTF-8 JSON, never compressed.',
] as const;
