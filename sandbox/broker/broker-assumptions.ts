/**
 * What flespi's pages leave open about the broker, and what this one does about it. The switches are here and nowhere else;
 * a test or `createBroker` may turn them.
 */
export interface BrokerAssumptions {
  /**
   * The highest QoS that is granted and delivered. flespi documents 0 and 1, an older page 2 as well. A QoS 2 publication is
   * taken with its whole handshake either way.
   */
  readonly maximumQoS: 1 | 2;
  /** CONNACK says so (Maximum QoS), and whoever publishes above it is disconnected with 155 [MQTT-3.2.2-11]. */
  readonly announceMaximumQoS: boolean;
  /**
   * An invalid filter is answered in the SUBACK (143), or ends the connection (DISCONNECT 143, seen by flespi's own MQTT Board), or both.
   * Before MQTT 5 the SUBACK says 128, or the connection is closed.
   */
  readonly invalidFilter: 'suback' | 'disconnect' | 'both';
  /** Every delivery carries the user properties `timestamp` and `cid`. Off, this is a plain MQTT broker. */
  readonly deliveryProperties: boolean;
  /**
   * The delivered Message Expiry Interval is what remains, as [MQTT-3.3.2-6] says. flespi's deviates: it delivers the value that
   * was published, to be counted from `timestamp` (flespi forum, changelog of the broker).
   */
  readonly expiryCountsDown: boolean;
  /** A PUBACK with a reason code of 128 or more leaves the message to be delivered again at the next connection. */
  readonly redeliverRefused: boolean;
}

export const defaultBrokerAssumptions: BrokerAssumptions = {
  maximumQoS: 1,
  announceMaximumQoS: false,
  invalidFilter: 'disconnect',
  deliveryProperties: true,
  expiryCountsDown: false,
  redeliverRefused: true,
};

/** Guesses that have no switch. They stand here so that one list is the whole list. */
export const fixedBrokerAssumptions = [
  'CONNACK names only what differs from the defaults of MQTT 5: limits that were set, topic aliases, the assigned client id.',
  'The user property subscriptions of CONNACK is left out when it would be longer than 65,535 bytes.',
  'A publication to a reserved topic (flespi/ without flespi/rest/) is answered with PUBACK 135 on MQTT 5 and dropped; the connection stays.',
  'A subscription that the access control list forbids is answered with SUBACK 135 (128 before MQTT 5).',
  'modified_since= takes messages of that second too, modified_since> only later ones.',
  '$filter/payload: the members of a JSON object are the parameters; of anything else the text is the parameter payload.',
  'Conditions of one $filter are joined by a raw & and split at the first raw = or >; each value is percent-decoded once.',
  '$filter before $share, and one $filter inside another, are invalid filters.',
  'A comma list may not hold + or #; an empty word between commas is an empty level.',
  'A publication to a topic with a comma in it is taken; no list can match that level.',
  'Retained messages are not sent to shared subscriptions; to others they pass the $filter like live ones.',
  'A shared subscription group is its whole text: group, sticky part, filter and topic.',
  'Plain groups pick at random among the members that are connected; with none connected, among all.',
  'Sticky groups pick by highest random weight, so that a member that joins or leaves moves only its own share.',
  'Words after a colon in a group name that are no numbers are part of the name.',
  'QoS 0 messages are not kept for sessions that are offline.',
  'A message that a publisher marks with its own timestamp or cid property gets the ones of the broker.',
  'RPC: the answer is published once, with QoS 1 at most, in the account of the token or of response_cid.',
  'RPC: correlation data is echoed in every chunk, http_code comes with the last chunk and with single answers.',
  'RPC: the answer goes to its response topic, whatever the access control list says about publishing there.',
  'RPC: a response topic inside flespi/ is refused like any reserved topic, unless it is that of the request.',
  'RPC: cid as user property of the request runs the call in that account, as the header x-flespi-cid does over HTTP.',
] as const;
