import type { CompiledExpression, EvaluationContext, JsonObject as Input } from '../../nodes/protocol/expression';
import type { DeviceMessage } from '../fleet/gateway';
import type { CalculatorSpec } from './calculator-spec';
import { counters } from './counters';
import { stretches } from './stretches';

/** An interval before anybody keeps it: its ends, its length in seconds, and a value a counter. */
export interface Interval {
  begin: number;
  end: number;
  duration: number;
  [counter: string]: unknown;
}

export interface CalculatedInterval {
  interval: Interval;
  /** It may still go on. */
  isActive: boolean;
}

/** Calculates the intervals of messages that are in order of time, in steps between which other work may come. */
export function* calculateIntervals(
  spec: CalculatorSpec,
  all: readonly DeviceMessage[],
  around: Pick<EvaluationContext, 'geofences' | 'metadata' | 'now'>,
): Generator<undefined, CalculatedInterval[]> {
  const { validateMessage, validateInterval, timezone } = spec;
  const context = { ...around, timezone };
  const messages = validateMessage ? yield* validated(validateMessage, all, context) : all;
  const found: CalculatedInterval[] = [];
  for (const { first, last } of yield* stretches(spec, messages, context)) {
    const begin = messages[first]?.timestamp ?? 0;
    const end = messages[last]?.timestamp ?? 0;
    const isActive = last === messages.length - 1;
    const interval: Interval = { begin, end, duration: end - begin };
    const hidden: Record<string, unknown> = {};
    const input = { messages: messages.slice(first, last + 1), isActive, around: context };
    for (const counter of spec.counters) {
      yield;
      const value = counters[counter.type]?.(counter, { ...input, interval: { ...interval, ...hidden } });
      if (value === undefined) continue;
      (counter.type === 'variable' ? hidden : interval)[counter.name] = value;
    }
    if (!validateInterval || validateInterval.test({ ...interval, ...hidden } as Input, context))
      found.push({ interval, isActive });
  }
  return found;
}

function* validated(
  { test }: CompiledExpression,
  messages: readonly DeviceMessage[],
  context: EvaluationContext,
): Generator<undefined, DeviceMessage[]> {
  const valid: DeviceMessage[] = [];
  for (const [index, message] of messages.entries()) {
    if (test(message as Input, { ...context, previous: messages[index - 1] as Input | undefined })) valid.push(message);
    yield;
  }
  return valid;
}
