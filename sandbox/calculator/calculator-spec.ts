import { compileExpression, ExpressionError, type CompiledExpression } from '../../nodes/protocol/expression';
import { describe, isObject, type JsonObject } from '../platform/check-fields';
import { badRequest } from '../platform/rejection';

/** What a calculator does, ready to run (flespi KB "Calculators"). */
export interface CalculatorSpec {
  selectors: readonly SelectorSpec[];
  counters: readonly CounterSpec[];
  validateMessage: CompiledExpression | undefined;
  validateInterval: CompiledExpression | undefined;
  timezone: string;
}

/** A rule that cuts messages into stretches. Seconds; unlimited where nothing is given. */
export interface SelectorSpec {
  type: string;
  expression: CompiledExpression | undefined;
  method: string;
  invert: boolean;
  minActive: number;
  maxActive: number;
  maxInactive: number;
  minDuration: number;
  maxMessagesTimeDiff: number;
  delayThreshold: number;
  mergeMessageBefore: boolean;
  mergeMessageAfter: boolean;
  mergeUnknown: boolean;
  validateMessage: CompiledExpression | undefined;
  split: string;
  geofences: readonly string[];
}

/** A rule that makes one value of a stretch. */
export interface CounterSpec {
  type: string;
  name: string;
  expression: CompiledExpression | undefined;
  parameter: string;
  method: string;
  fields: readonly { name: string; value: CompiledExpression | undefined }[];
  format: string;
  /** `begin` or `end`. */
  edge: string;
  value: unknown;
}

// The types `calc` and `accumulator` can be stored, but give nothing: README.md says so.
const selectorTypes = ['expression', 'datetime', 'geofence', 'inactive', 'calc'];
// prettier-ignore
const counterTypes = [
  'expression', 'parameter', 'dataset', 'route', 'datetime', 'message', 'interval', 'active', 'geofence', 'variable', 'specified',
  'calc', 'accumulator',
];

/** Prepares what a `gw/calcs` item, or the body of a `calculate` call, asks for. Throws a Rejection for what is not understood. */
export function calculatorSpec(source: JsonObject): CalculatorSpec {
  return {
    selectors: list(source, 'selectors').map(selectorSpec),
    counters: list(source, 'counters').map(counterSpec),
    validateMessage: expression('validate_message', source['validate_message']),
    validateInterval: expression('validate_interval', source['validate_interval']),
    timezone: timezone(source['timezone']),
  };
}

function selectorSpec(source: JsonObject): SelectorSpec {
  return {
    type: oneOf('selector type', source['type'], selectorTypes),
    expression: expression('expression', source['expression']),
    method: text(source['method'], 'boolean'),
    invert: source['invert'] === true,
    minActive: seconds(source['min_active'], 0),
    maxActive: seconds(source['max_active'], Infinity),
    maxInactive: seconds(source['max_inactive'], 0),
    minDuration: seconds(source['min_duration'], 0),
    maxMessagesTimeDiff: seconds(source['max_messages_time_diff'], Infinity),
    delayThreshold: seconds(source['delay_threshold'], 600),
    mergeMessageBefore: source['merge_message_before'] === true,
    mergeMessageAfter: source['merge_message_after'] === true,
    mergeUnknown: source['merge_unknown'] === true,
    validateMessage: expression('validate_message', source['validate_message']),
    split: text(source['split'], 'day'),
    geofences: (Array.isArray(source['geofences']) ? source['geofences'] : []).map(String),
  };
}

function counterSpec(source: JsonObject): CounterSpec {
  const { name } = source;
  if (typeof name !== 'string' || name === '' || name === '__proto__') throw badRequest('each counter needs a "name"');
  return {
    type: oneOf('counter type', source['type'], counterTypes),
    name,
    expression: expression(`counter ${name}`, source['expression']),
    parameter: text(source['parameter'], ''),
    method: text(source['method'], 'last'),
    fields: list(source, 'fields').map((field) => ({
      name: text(field['name'], ''),
      value: expression(`counter ${name}`, field['value']),
    })),
    format: text(source['format'], ''),
    edge: text(source['interval'], 'begin'),
    value: source['value'] ?? null,
  };
}

function expression(name: string, value: unknown): CompiledExpression | undefined {
  if (value === undefined || value === '' || value === null) return undefined;
  if (typeof value !== 'string') throw badRequest(`${name} must be an expression, got ${describe(value)}`);
  try {
    return compileExpression(value);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw badRequest(`${name}: ${error.reason}`, { column: error.column });
  }
}

function list(source: JsonObject, name: string): JsonObject[] {
  const value = source[name];
  if (value === undefined) return [];
  // The fields of some counters are plain names.
  const entries = Array.isArray(value)
    ? value.map((entry: unknown) => (typeof entry === 'string' ? { name: entry } : entry))
    : [];
  if (!Array.isArray(value) || !entries.every(isObject)) throw badRequest(`"${name}" must be an array of objects`);
  return entries;
}

function timezone(value: unknown): string {
  const name = text(value, 'UTC');
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    throw badRequest(`there is no time zone "${name}"`);
  }
}

function oneOf(name: string, value: unknown, known: readonly string[]): string {
  if (typeof value === 'string' && known.includes(value)) return value;
  throw badRequest(`${name} must be one of ${known.join(', ')}`);
}

function text(value: unknown, fallback: string): string {
  return typeof value === 'string' && value !== '' ? value : fallback;
}

function seconds(value: unknown, fallback: number): number {
  return typeof value === 'number' && value >= 0 ? value : fallback;
}
