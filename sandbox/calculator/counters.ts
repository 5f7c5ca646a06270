import {
  EvaluationError,
  isInside,
  type CompiledExpression,
  type EvaluationContext,
} from '../../nodes/protocol/expression';
import type { JsonObject as Input, Value } from '../../nodes/protocol/expression';
import type { DeviceMessage } from '../fleet/gateway';
import { formatTime } from './calendar-key';
import type { CounterSpec } from './calculator-spec';
import { encodeRoute } from './encode-route';
import { contextOf } from './stretches';

/** What a counter works on. */
export interface CounterInput {
  /** The messages of the interval. */
  messages: readonly DeviceMessage[];
  /** The interval so far: its ends, and the counters before this one. */
  interval: Readonly<Record<string, unknown>>;
  isActive: boolean;
  around: Pick<EvaluationContext, 'geofences' | 'metadata' | 'timezone' | 'now'>;
}

/** Rows that a dataset, or a list of messages, holds at most. */
const mostRows = 1000;

type Count = (spec: CounterSpec, input: CounterInput) => unknown;

/** The value of a counter; undefined where there is none, e.g. the maximum of nothing. */
export const counters: Readonly<Record<string, Count>> = {
  expression: (spec, { messages, around }) =>
    aggregate(spec.method, samples(messages, valueBy(spec.expression, around))),
  parameter: (spec, { messages }) =>
    aggregate(
      spec.method,
      samples(messages, (message) => message[spec.parameter] as Value | undefined),
    ),
  dataset: (spec, { messages, around }) =>
    messages
      .slice(0, mostRows)
      .map((message, index) =>
        Object.fromEntries(
          spec.fields.map(({ name, value }) => [name, valueBy(value, around)(message, messages[index - 1]) ?? null]),
        ),
      ),
  route: (_spec, { messages }) => encodeRoute(messages),
  datetime: (spec, { interval, around }) =>
    formatTime(Number(interval[spec.edge === 'end' ? 'end' : 'begin']), spec.format, around.timezone),
  message: (spec, { messages }) => messagesBy(spec, messages),
  interval: (spec, { interval, around }) =>
    valueBy(spec.expression, around)(interval as unknown as DeviceMessage, undefined),
  variable: (spec, { interval, around }) =>
    valueBy(spec.expression, around)(interval as unknown as DeviceMessage, undefined),
  active: (_spec, { isActive }) => isActive,
  specified: (spec) => spec.value,
  geofence: (_spec, { messages, around }) => visited(messages, around),
};

interface Sample {
  time: number;
  value: Value;
}

function samples(
  messages: readonly DeviceMessage[],
  valueOf: (message: DeviceMessage, previous: DeviceMessage | undefined) => Value | undefined,
): Sample[] {
  const found: Sample[] = [];
  for (const [index, message] of messages.entries()) {
    const value = valueOf(message, messages[index - 1]);
    if (value !== undefined) found.push({ time: message.timestamp, value });
  }
  return found;
}

/** Evaluates for a message; an error is no value. */
function valueBy(
  expression: CompiledExpression | undefined,
  around: CounterInput['around'],
): (message: DeviceMessage, previous: DeviceMessage | undefined) => Value | undefined {
  const context = contextOf(around);
  return (message, previous) => {
    context.previous = previous as Input | undefined;
    try {
      return expression?.value(message as Input, context);
    } catch (error) {
      if (error instanceof EvaluationError) return undefined;
      throw error;
    }
  };
}

function aggregate(method: string, samples: readonly Sample[]): unknown {
  const numbers = samples.map(({ value }) => Number(value)).filter((value) => !Number.isNaN(value));
  switch (method) {
    case 'first':
      return samples[0]?.value;
    case 'distinct':
      return [...new Set(samples.map(({ value }) => value))];
    case 'duration':
      return held(samples);
    case 'summary':
      return numbers.reduce((sum, value) => sum + value, 0);
    case 'average':
      return numbers.length === 0 ? undefined : numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
    case 'min':
    case 'minimum':
      return numbers.length === 0 ? undefined : numbers.reduce((a, b) => Math.min(a, b));
    case 'max':
    case 'maximum':
      return numbers.length === 0 ? undefined : numbers.reduce((a, b) => Math.max(a, b));
    case 'difference':
      return numbers.length === 0 ? undefined : (numbers.at(-1) ?? 0) - (numbers[0] ?? 0);
    default:
      return samples.at(-1)?.value;
  }
}

/** Seconds during which the value was true. */
function held(samples: readonly Sample[]): number {
  let seconds = 0;
  for (const [index, { time, value }] of samples.entries()) {
    const next = samples[index + 1];
    if (next && Boolean(value)) seconds += next.time - time;
  }
  return seconds;
}

function messagesBy({ method, fields }: CounterSpec, messages: readonly DeviceMessage[]): unknown {
  const shown = (message: DeviceMessage | undefined): unknown =>
    message && fields.length > 0
      ? Object.fromEntries(fields.map(({ name }) => [name, message[name] ?? null]))
      : message;
  if (method === 'count') return messages.length;
  if (method === 'first') return shown(messages[0]);
  if (method === 'each' || method === 'all') return messages.slice(0, mostRows).map(shown);
  return shown(messages.at(-1));
}

/** Names of the geofences that the messages were sent from, each once. */
function visited(messages: readonly DeviceMessage[], { geofences = [] }: CounterInput['around']): string[] {
  const names = new Set<string>();
  for (const { 'position.latitude': lat, 'position.longitude': lon } of messages) {
    if (typeof lat !== 'number' || typeof lon !== 'number') continue;
    for (const { name, geometry } of geofences) if (isInside({ lat, lon }, geometry)) names.add(name);
  }
  return [...names];
}
