import type { Method } from './call';
import { FlespiError } from './flespi-error';

/** What went wrong on the way; the catalogue has a phrase for each. */
export type ConnectionProblem =
  | 'refused'
  | 'unknown-host'
  | 'unreachable'
  | 'connect-timeout'
  | 'lost'
  | 'certificate'
  | 'not-tls'
  | 'proxy'
  | 'other';

const problems: Readonly<Record<string, ConnectionProblem>> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'unknown-host',
  EAI_AGAIN: 'unknown-host',
  EAI_FAIL: 'unknown-host',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  ETIMEDOUT: 'connect-timeout',
  UND_ERR_CONNECT_TIMEOUT: 'connect-timeout',
  ECONNRESET: 'lost',
  EPIPE: 'lost',
  UND_ERR_SOCKET: 'lost',
  UND_ERR_INFO: 'lost',
  EPROTO: 'not-tls',
  UND_ERR_PRX_TLS: 'certificate',
};

export interface FailedRequest {
  method: Method;
  attempted: string;
  host: string;
  /** Bytes of the request may have left. */
  sent: boolean;
  /** Set when the answer had begun. */
  statusCode?: number;
  bytes?: number;
}

/** An error of undici, the socket or TLS, in our words. Whether the request had left decides what it means for a write. */
export function httpFailure(error: Error, request: FailedRequest): FlespiError {
  const { attempted, host, statusCode } = request;
  const code = codeOf(error);
  const seen = { attempted, cause: error, ...(statusCode === undefined ? {} : { statusCode }) };
  const answered = statusCode !== undefined;
  const unknown = request.method !== 'GET' && request.sent && !answered;

  switch (code) {
    case 'UND_ERR_DESTROYED':
    case 'UND_ERR_CLOSED':
      return new FlespiError(unknown ? 'FLESPI_OUTCOME_UNKNOWN' : 'FLESPI_ABORTED', {
        ...seen,
        ...(unknown ? { params: { problem: 'lost' } } : {}),
      });
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return new FlespiError(unknown ? 'FLESPI_OUTCOME_UNKNOWN' : 'FLESPI_TIMEOUT', {
        ...seen,
        params: { problem: code === 'UND_ERR_BODY_TIMEOUT' ? 'body' : 'headers', host },
      });
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return incomplete();
    case 'UND_ERR_HEADERS_OVERFLOW':
    case 'UND_ERR_RES_EXCEEDED_MAX_SIZE':
      return new FlespiError('FLESPI_ANSWER_TOO_LARGE', seen);
    case 'UND_ERR_INVALID_ARG':
    case 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH':
      return new FlespiError('FLESPI_BAD_INPUT', {
        ...seen,
        params: { problem: 'request', name: 'request', given: '' },
      });
  }
  // undici's parser errors have no code (7.30). An end in the middle of an answer breaks its rules too.
  const broken = error.name === 'HTTPParserError' && !error.message.includes('EOF');
  if (answered) return broken ? notHttp() : incomplete();
  if (broken) return unknown ? outcomeUnknown('not-http') : notHttp();

  const problem = problemOf(code, error);
  if (unknown) return outcomeUnknown(problem);
  return new FlespiError('FLESPI_CONNECTION_FAILED', { ...seen, params: { problem, host, reason: code } });

  function incomplete(): FlespiError {
    return new FlespiError('FLESPI_INCOMPLETE_ANSWER', {
      ...seen,
      params: { status: statusCode ?? 0, bytes: request.bytes ?? 0 },
    });
  }
  function notHttp(): FlespiError {
    return new FlespiError('FLESPI_BAD_ANSWER', { ...seen, params: { problem: 'not-http', host } });
  }
  function outcomeUnknown(problem: string): FlespiError {
    return new FlespiError('FLESPI_OUTCOME_UNKNOWN', { ...seen, params: { problem, host } });
  }
}

function problemOf(code: string, error: Error): ConnectionProblem {
  const known = problems[code];
  if (known) return known;
  if (error.message.startsWith('Proxy response')) return 'proxy';
  if (/CERT|ALTNAME|SIGNATURE|ISSUER/.test(code)) return 'certificate';
  if (code.startsWith('ERR_SSL')) return 'not-tls';
  return 'other';
}

/** The first code in the chain: undici and happy eyeballs wrap what the system said. */
function codeOf(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code;
    if (cause instanceof AggregateError && cause.errors.length > 0) return codeOf(cause.errors[0]);
  }
  return '';
}
