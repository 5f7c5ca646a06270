import { FlespiError } from './flespi-error';

interface Failure {
  /** Stable key for translations. */
  problem: string;
  reason: string;
}

const reset: Failure = { problem: 'reset', reason: 'the connection was reset' };
const noRoute: Failure = { problem: 'no-route', reason: 'there is no way to the host' };
const unknownAuthority: Failure = {
  problem: 'unknown-ca',
  reason: "the broker's certificate comes from an unknown authority",
};
const notTls: Failure = { problem: 'not-tls', reason: 'what answers there does not speak TLS' };

/** By `code` of what Node.js threw: DNS, TCP and TLS. */
const byCode: Readonly<Record<string, Failure>> = {
  ENOTFOUND: { problem: 'no-host', reason: 'there is no host of this name' },
  EAI_AGAIN: { problem: 'no-dns', reason: 'the name of the host cannot be looked up now' },
  ECONNREFUSED: { problem: 'refused', reason: 'nothing listens at this address' },
  ECONNRESET: reset,
  EPIPE: reset,
  ECONNABORTED: reset,
  ETIMEDOUT: { problem: 'no-answer', reason: 'the host does not answer' },
  EHOSTUNREACH: noRoute,
  ENETUNREACH: noRoute,
  EADDRNOTAVAIL: noRoute,
  CERT_HAS_EXPIRED: { problem: 'expired', reason: "the broker's certificate has expired" },
  CERT_NOT_YET_VALID: {
    problem: 'not-yet',
    reason: "the broker's certificate is not yet valid; is the clock of this machine right?",
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: { problem: 'self-signed', reason: "the broker's certificate is self-signed" },
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  CERT_SIGNATURE_FAILURE: unknownAuthority,
  CERT_REVOKED: { problem: 'revoked', reason: "the broker's certificate has been revoked" },
  ERR_TLS_CERT_ALTNAME_INVALID: { problem: 'name', reason: "the broker's certificate is for another name" },
  ERR_SSL_WRONG_VERSION_NUMBER: notTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: notTls,
  EPROTO: { problem: 'tls', reason: 'TLS could not be agreed on' },
  ERR_HELD: { problem: 'held', reason: 'more messages wait for acknowledgement than can be held here' },
  ERR_PACKET_TOO_LARGE: { problem: 'too-large', reason: 'the broker sent a packet larger than is taken here' },
};

const notMqtt: Failure = { problem: 'not-mqtt', reason: 'what answers there does not speak MQTT' };
const protocolError: Failure = { problem: 'protocol', reason: 'the broker sent something that cannot be understood' };

/** By message, for errors of libraries that carry no code. */
const byMessage: readonly [RegExp, Failure][] = [
  [/wrong version number|packet length too long|unknown protocol/i, notTls],
  [
    /connack timeout/i,
    {
      problem: 'no-connack',
      reason: 'no answer to CONNECT; is this the port of an MQTT broker, with or without TLS as configured?',
    },
  ],
  [/keepalive timeout/i, { problem: 'keepalive', reason: 'no answer from the broker' }],
  [/unexpected server response/i, notMqtt],
  [/exceeding packets size/i, { problem: 'too-large', reason: 'the broker sent a packet larger than is taken here' }],
];

export interface LinkEnd {
  /** `mqtts://host:8883`, for people. */
  address: string;
  /** The first thing that went wrong, if anything said so. */
  cause?: unknown;
  /** Whether a CONNACK had come. */
  wasConnected: boolean;
  /** Whether the cause is in what the broker sent, not in the way there. */
  unreadable?: boolean;
}

/** Why a link did not come up or was lost, in plain words. */
export function linkFailure({ address, cause, wasConnected, unreadable }: LinkEnd): FlespiError {
  const failure = known(cause) ??
    (unreadable ? (wasConnected ? protocolError : notMqtt) : undefined) ?? {
      problem: wasConnected ? 'lost' : 'closed',
      reason: wasConnected
        ? 'the connection was lost'
        : 'the connection was closed at once; is this the port of an MQTT broker, with or without TLS as configured?',
    };
  return new FlespiError('FLESPI_CONNECTION_FAILED', {
    attempted: `connect to ${address}`,
    params: { address, ...failure },
    ...(cause !== undefined && { cause }),
  });
}

function known(cause: unknown): Failure | undefined {
  if (!(cause instanceof Error)) return undefined;
  // Happy Eyeballs: one error for several addresses, and the first tells what is wrong.
  const [first] = cause instanceof AggregateError ? cause.errors : [];
  const code = codeOf(cause) ?? codeOf(first);
  // The words first: OpenSSL has one code, EPROTO, for all it dislikes.
  return (
    byMessage.find(([pattern]) => pattern.test(cause.message))?.[1] ?? (code === undefined ? undefined : byCode[code])
  );
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
