import { FlespiError } from './protocol/flespi-error';

/**
 * Properties of saved flows are what a form, an older version, an environment variable or a hand left there: strings for
 * numbers, "false", nothing at all. These readers take all of that.
 */

export function flag(value: unknown, otherwise = false): boolean {
  if (value === undefined || value === null || value === '') return otherwise;
  if (typeof value === 'string') return !['false', '0', 'no', 'off'].includes(value.trim().toLowerCase());
  return Boolean(value);
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : '';
}

export interface NumberRange {
  min: number;
  max: number;
}

/**
 * A whole number, or undefined when nothing was given.
 * @throws FLESPI_BAD_INPUT for anything else.
 */
export function wholeNumber(name: string, value: unknown, { min, max }: NumberRange): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const number = typeof value === 'string' ? Number(value.trim() || Number.NaN) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= min && number <= max) return number;
  const params = { problem: 'number-range', name, min, max, given: shown(value) };
  throw new FlespiError('FLESPI_BAD_INPUT', { attempted: name, params });
}

/** A value as error sentences show it: short, and never an object's insides. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value);
  return typeof value === 'object' && value !== null ? (Array.isArray(value) ? 'a list' : 'an object') : String(value);
}
