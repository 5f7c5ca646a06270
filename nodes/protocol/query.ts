import { FlespiError } from './flespi-error';

/** What flespi takes after the question mark. */
export interface QueryParts {
  /** Item fields; dotted entries reach into objects (flespi: "Fields and Pagination"). */
  fields?: readonly string[];
  limit?: number;
  /** Counts from 0. */
  offset?: number;
  /** Parameters of time-series reads and of other reads that take JSON. */
  data?: Record<string, unknown>;
}

/** The encoded query without `?`; empty when nothing was asked for. Throws FLESPI_BAD_INPUT. */
export function buildQuery({ fields, limit, offset, data }: QueryParts): string {
  const parts: string[] = [];
  if (fields !== undefined && fields.length > 0) parts.push(`fields=${encodeFields(fields)}`);
  if (limit !== undefined) parts.push(`limit=${wholeNumber('limit', limit, 1)}`);
  if (offset !== undefined) parts.push(`offset=${wholeNumber('offset', offset, 0)}`);
  if (data !== undefined && Object.keys(data).length > 0) parts.push(`data=${encode('data', jsonText('data', data))}`);
  return parts.join('&');
}

function encodeFields(fields: readonly string[]): string {
  return fields
    .map((field) => {
      const name = field.trim();
      if (name === '' || name.includes(',')) throw bad('fields', 'field-name', field);
      return encode('fields', name);
    })
    .join(',');
}

/** JSON text of a value for the wire. Throws FLESPI_BAD_INPUT for what JSON cannot say: circles, BigInt, getters that throw. */
export function jsonText(name: string, value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw bad(name, 'not-json', '', cause);
  }
  if (text === undefined) throw bad(name, 'not-json', typeof value);
  return text;
}

export function wholeNumber(name: string, value: number, least: number): number {
  if (!Number.isSafeInteger(value) || value < least)
    throw new FlespiError('FLESPI_BAD_INPUT', {
      attempted: name,
      params: { problem: 'whole-number', name, least, given: String(value) },
    });
  return value;
}

function encode(name: string, text: string): string {
  try {
    return encodeURIComponent(text);
  } catch (cause) {
    throw bad(name, 'half-character', '', cause);
  }
}

function bad(name: string, problem: string, given: string, cause?: unknown): FlespiError {
  return new FlespiError('FLESPI_BAD_INPUT', { attempted: name, params: { problem, name, given }, cause });
}
