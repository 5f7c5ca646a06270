import { FlespiError, type FlespiErrorCode } from './flespi-error';

/**
 * How long to stay away after a refusal, see `ReconnectPolicy`: `soon` is the usual back-off, `later` a back-off with a floor of
 * 5 s, `elsewhere` of 30 s, `settings` at least 5 minutes, because only a change of settings can help.
 */
export type Patience = 'soon' | 'later' | 'elsewhere' | 'settings';

interface Refusal {
  /** Stable key for translations. */
  problem: string;
  reason: string;
  patience: Patience;
}

const refusal = (problem: string, reason: string, patience: Patience = 'soon'): Refusal => ({
  problem,
  reason,
  patience,
});

/** CONNACK and DISCONNECT of MQTT 5 (sections 3.2.2.2 and 3.14.2.1), and what flespi means by them (flespi "MQTT"). */
const refusals: Readonly<Record<number, Refusal>> = {
  0x80: refusal('unspecified', 'the broker gave no reason'),
  0x81: refusal('malformed', 'the broker could not read what was sent'),
  0x82: refusal('protocol', 'the broker saw a violation of the protocol'),
  0x83: refusal('implementation', 'the broker does not accept this'),
  0x84: refusal('version', 'the broker does not speak this version of MQTT', 'settings'),
  0x85: refusal('client-id', 'the broker does not accept the client id', 'settings'),
  0x86: refusal('token', 'the token is wrong or expired', 'settings'),
  0x87: refusal('not-authorised', 'not authorised: the token is wrong, expired or may not use MQTT', 'settings'),
  0x88: refusal('unavailable', 'the broker is not available'),
  0x89: refusal('busy', 'the broker is busy'),
  0x8a: refusal('banned', 'the account is blocked', 'settings'),
  0x8b: refusal('shutting-down', 'the broker is shutting down'),
  0x8c: refusal('method', 'the broker wants another way of authentication', 'settings'),
  0x8d: refusal('keepalive', 'the broker heard nothing from here for too long'),
  0x8e: refusal('taken-over', 'taken over by another client with the same client id', 'elsewhere'),
  0x8f: refusal('filter', 'the broker does not accept a topic filter'),
  0x90: refusal('topic', 'the broker does not accept a topic'),
  0x93: refusal('receive-maximum', 'too many messages were sent without acknowledgement'),
  0x94: refusal('alias', 'a topic alias is wrong'),
  0x95: refusal('too-large', 'a packet is larger than the broker takes'),
  0x96: refusal('rate', 'messages were sent too fast', 'later'),
  0x97: refusal('quota', 'a limit of the account is reached'),
  0x98: refusal('administrative', 'the connection was closed by the platform'),
  0x99: refusal('payload', 'a payload is not what it says'),
  0x9a: refusal('retain', 'the broker keeps no retained messages', 'settings'),
  0x9b: refusal('qos', 'the broker does not support this QoS'),
  // The token would go to a host that nobody configured: the reference is shown, not followed.
  0x9c: refusal('other-server', 'the broker asks to use another server', 'settings'),
  0x9d: refusal('moved', 'the broker has moved to another server', 'settings'),
  0x9e: refusal('no-sharing', 'the broker does not support share groups'),
  0x9f: refusal('connection-rate', 'connections are opened too often', 'later'),
  0xa0: refusal('connect-time', 'the longest connection time is reached'),
  0xa1: refusal('no-identifiers', 'the broker does not support subscription identifiers'),
  0xa2: refusal('no-wildcards', 'the broker does not support wildcards'),
};

/** CONNACK of MQTT 3.1.1 (section 3.2.2.3) in the words of MQTT 5. */
const version3: Readonly<Record<number, number>> = { 1: 0x84, 2: 0x85, 3: 0x88, 4: 0x86, 5: 0x87 };

function refusalOf(reasonCode: number): Refusal {
  return (
    refusals[version3[reasonCode] ?? reasonCode] ??
    refusal('unknown', `the broker gave the reason code 0x${reasonCode.toString(16)}`)
  );
}

export function patienceFor(reasonCode: number): Patience {
  return refusalOf(reasonCode).patience;
}

export interface RefusalDetail {
  attempted: string;
  reasonCode: number;
  /** The broker's own words, when it had some. */
  reasonString?: string | undefined;
  params?: Record<string, string | number>;
}

/** Somebody else's text in our sentences: short, and on one line. */
function words(text: string): string {
  // eslint-disable-next-line no-control-regex -- to remove them
  return text.replace(/[\u0000-\u001f\u007f]+/g, ' ').slice(0, 200);
}

function refused(code: FlespiErrorCode, { attempted, reasonCode, reasonString, params }: RefusalDetail): FlespiError {
  const { problem, reason } = refusalOf(reasonCode);
  const said = reasonString ? words(reasonString) : undefined;
  return new FlespiError(code, {
    attempted,
    params: {
      ...params,
      reasonCode,
      problem,
      reason: said === undefined ? reason : `${reason} (${said})`,
      ...(said !== undefined && { said }),
    },
  });
}

/** A CONNACK with a reason code, or a DISCONNECT from the broker. */
export function connectionRefused(detail: RefusalDetail): FlespiError {
  return refused('FLESPI_CONNECTION_REFUSED', detail);
}

/** A SUBACK that says no, or a DISCONNECT in answer to one SUBSCRIBE. */
export function subscribeRefused(detail: RefusalDetail): FlespiError {
  return refused('FLESPI_SUBSCRIBE_REFUSED', detail);
}

/** A PUBACK that says no. 0x10 (nobody listens) is one for requests, and none for anything else. */
export function publishRefused(detail: RefusalDetail): FlespiError {
  if (detail.reasonCode !== 0x10) return refused('FLESPI_PUBLISH_REFUSED', detail);
  return new FlespiError('FLESPI_PUBLISH_REFUSED', {
    attempted: detail.attempted,
    params: { ...detail.params, reasonCode: 0x10, problem: 'nobody', reason: 'nobody takes messages of this topic' },
  });
}

/** Brokers often close the loser of a take-over without a word; lost again and again right after CONNACK, the pattern gives it away. */
export function takeOverSuspected(clientId: string, cause: FlespiError): FlespiError {
  const reason = `lost again and again right after connecting; is the client id "${clientId}" used elsewhere?`;
  return new FlespiError('FLESPI_CONNECTION_REFUSED', {
    attempted: cause.attempted,
    params: { ...cause.params, clientId, problem: 'taken-over-suspected', reason },
    cause,
  });
}
