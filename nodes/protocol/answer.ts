import type { Method, WireAnswer, WireCall } from './call';
import { findResource, nearestResource } from './find-resource';
import { FlespiError, type FlespiErrorCode, type Reason } from './flespi-error';
import { breaksOff, isTooDeep } from './json-shape';
import { readablePath } from './path';

/** An answer that flespi gave with a yes, wholly or in part. */
export interface JudgedAnswer {
  statusCode: number;
  headers: Record<string, string | string[]>;
  url?: string;
  /** flespi's `result`; the whole body where an endpoint answers JSON without one. */
  result: unknown;
  pagination?: { limit: number; offset: number; count: number };
  /** Partial success: what did not work, beside what did (flespi: "REST API"). */
  errors?: readonly Reason[];
  /** Deprecations and the like. */
  warnings?: readonly unknown[];
}

/** What was being done, for error texts: method and path, never a query or a token. */
export function attemptOf(call: Pick<WireCall, 'method' | 'path'>): string {
  return `${call.method} ${readablePath(call.path)}`;
}

/** Throws the FlespiError for a status that is a no; the body of a yes is not looked at. */
export function checkStatus(answer: WireAnswer, call: WireCall, template = call.path): void {
  const { statusCode, headers } = answer;
  if (statusCode >= 300 && statusCode < 400)
    throw new FlespiError('FLESPI_REDIRECTED', {
      attempted: attemptOf(call),
      statusCode,
      headers,
      params: { status: statusCode, to: redirectHost(headers) },
    });
  if (statusCode < 200 || statusCode >= 400) throw refusal(answer, withoutMark(answer.text), call, template);
}

/**
 * Turns a whole answer into what flespi said, or throws the FlespiError for its no. `template` is the author's path, for
 * hints when there is no such path.
 */
export function judgeAnswer(answer: WireAnswer, call: WireCall, template = call.path): JudgedAnswer {
  checkStatus(answer, call, template);
  const attempted = attemptOf(call);
  const { statusCode, headers } = answer;
  const text = withoutMark(answer.text);
  const seen = { attempted, statusCode, headers };

  const success = { statusCode, headers, ...(answer.url === undefined ? {} : { url: answer.url }) };
  if (text.trim() === '') {
    // A method that answers without a body says so with 204; elsewhere nothing is half of something.
    if (statusCode === 204 || statusCode === 205) return { ...success, result: [] };
    throw new FlespiError('FLESPI_INCOMPLETE_ANSWER', { ...seen, params: { status: statusCode, bytes: 0 } });
  }
  const body = parseJson(text, seen);
  if (!isRecord(body) || !('result' in body || hasErrors(body))) return { ...success, result: body };

  const reasons = reasonsOf(body);
  const result = body['result'] ?? [];
  if (reasons.length > 0 && Array.isArray(result) && result.length === 0)
    throw new FlespiError(codeOfReasons(reasons), {
      ...seen,
      params: paramsOf(reasons, body),
      reasons,
      body,
    });
  const pagination = paginationOf(body['pagination']);
  const { warnings } = body;
  return {
    ...success,
    result,
    ...(pagination === undefined ? {} : { pagination }),
    ...(reasons.length > 0 ? { errors: reasons } : {}),
    ...(Array.isArray(warnings) && warnings.length > 0 ? { warnings } : {}),
  };
}

/** The `result` as a list, for walks. Throws FLESPI_BAD_ANSWER when it is none. */
export function itemsOf(answer: JudgedAnswer, attempted: string): unknown[] {
  if (Array.isArray(answer.result)) return answer.result;
  throw new FlespiError('FLESPI_BAD_ANSWER', {
    attempted,
    statusCode: answer.statusCode,
    params: { problem: 'no-list' },
    body: answer.result,
  });
}

const codes: Readonly<Record<number, FlespiErrorCode>> = {
  400: 'FLESPI_BAD_REQUEST',
  401: 'FLESPI_UNAUTHORIZED',
  403: 'FLESPI_FORBIDDEN',
  404: 'FLESPI_NOT_FOUND',
  405: 'FLESPI_NO_SUCH_PATH',
  429: 'FLESPI_RATE_LIMITED',
};

function refusal(answer: WireAnswer, text: string, call: WireCall, template: string): FlespiError {
  const { statusCode, headers } = answer;
  const body = tryJson(text);
  const reasons = isRecord(body) ? reasonsOf(body) : [];
  let code =
    codes[statusCode] ?? (statusCode === 408 || statusCode >= 500 ? 'FLESPI_SERVER_ERROR' : 'FLESPI_UNEXPECTED_STATUS');
  // flespi answers a path or method that it does not have in plain text, a missing item in JSON.
  if (statusCode === 404 && !isRecord(body)) code = 'FLESPI_NO_SUCH_PATH';
  return new FlespiError(code, {
    attempted: attemptOf(call),
    statusCode,
    headers,
    params: {
      status: statusCode,
      ...paramsOf(reasons, body),
      ...(code === 'FLESPI_NO_SUCH_PATH' ? pathHint(call.method, template) : {}),
    },
    reasons,
    body: body ?? (text === '' ? undefined : text.slice(0, 4096)),
  });
}

/** Either the methods that the path does have, or the path that was probably meant. */
function pathHint(method: Method, template: string): Record<string, string> {
  const known = findResource(template);
  if (known && !known.methods.includes(method)) return { methods: known.methods.join(', ') };
  const nearest = nearestResource(template, method);
  return nearest && nearest !== known ? { didYouMean: nearest.template } : {};
}

/** flespi's inner codes are a small space of their own; only 2 and 3 are known. */
function codeOfReasons(reasons: readonly Reason[]): FlespiErrorCode {
  if (reasons.every(({ code }) => code === 3)) return 'FLESPI_FORBIDDEN';
  if (reasons.every(({ code }) => code === 404)) return 'FLESPI_NOT_FOUND';
  return 'FLESPI_BAD_REQUEST';
}

function paramsOf(reasons: readonly Reason[], body: unknown): Record<string, string | number> {
  const [first] = reasons;
  const hint = schemaHint(first?.schema_hint ?? (isRecord(body) ? body['schema_hint'] : undefined));
  return {
    ...(first ? { reason: shorten(first.reason), more: reasons.length - 1 } : {}),
    ...(first?.id === undefined ? {} : { id: first.id }),
    ...(first?.column === undefined ? {} : { column: first.column }),
    ...(hint === undefined ? {} : { hint }),
  };
}

/** The field names that flespi would have taken, or its hint as it came; where it stands and looks is not documented. */
function schemaHint(hint: unknown): string | undefined {
  if (hint === undefined || hint === null) return undefined;
  const fields = isRecord(hint) ? hint['fields'] : hint;
  if (Array.isArray(fields) && fields.every((field) => typeof field === 'string')) return shorten(fields.join(', '));
  return shorten(typeof hint === 'string' ? hint : JSON.stringify(hint));
}

function reasonsOf(body: Record<string, unknown>): Reason[] {
  const { errors } = body;
  if (!Array.isArray(errors)) return [];
  return errors.map((entry: unknown) =>
    isRecord(entry)
      ? { ...entry, reason: typeof entry['reason'] === 'string' ? entry['reason'] : JSON.stringify(entry) }
      : { reason: String(entry) },
  );
}

function hasErrors(body: Record<string, unknown>): boolean {
  return Array.isArray(body['errors']);
}

function paginationOf(value: unknown): JudgedAnswer['pagination'] {
  if (!isRecord(value)) return undefined;
  const { limit, offset, count } = value;
  const numbers = [limit, offset, count].every((number) => Number.isSafeInteger(number) && (number as number) >= 0);
  return numbers ? (value as { limit: number; offset: number; count: number }) : undefined;
}

/** Some servers put a byte order mark before their JSON. */
function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

function redirectHost(headers: WireAnswer['headers']): string {
  const location = String(headers['location'] ?? '');
  try {
    // Only the host: the rest may carry what was sent.
    return new URL(location).host;
  } catch {
    return location.startsWith('/') ? 'the same host' : 'nowhere';
  }
}

function parseJson(
  text: string,
  seen: { attempted: string; statusCode: number; headers: WireAnswer['headers'] },
): unknown {
  if (isTooDeep(text)) throw new FlespiError('FLESPI_BAD_ANSWER', { ...seen, params: { problem: 'too-deep' } });
  try {
    return JSON.parse(text);
  } catch (cause) {
    const cut = breaksOff(text);
    throw new FlespiError(cut ? 'FLESPI_INCOMPLETE_ANSWER' : 'FLESPI_BAD_ANSWER', {
      ...seen,
      params: { status: seen.statusCode, ...(cut ? { bytes: Buffer.byteLength(text) } : { problem: 'not-json' }) },
      body: text.slice(0, 200),
      cause,
    });
  }
}

function tryJson(text: string): unknown {
  if (isTooDeep(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function shorten(text: string): string {
  return text.length > 300 ? `${text.slice(0, 297)}...` : text;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
