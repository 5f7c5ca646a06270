import type { EvaluationContext, JsonObject as Input } from '../../nodes/protocol/expression';
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

/** Calculates the intervals of messages that are in order of time. */
export function calculateIntervals(
  spec: CalculatorSpec,
  all: readonly DeviceMessage[],
  around: Pick<EvaluationContext, 'geofences' | 'metadata' | 'now'>,
): CalculatedInterval[] {
  const { validateMessage, validateInterval, timezone } = spec;
  const context = { ...around, timezone };
  const messages = validateMessage
    ? all.filter((message, index) =>
        validateMessage.test(message as Input, { ...context, previous: all[index - 1] as Input | undefined }),
      )
    : all;
  const found: CalculatedInterval[] = [];
  for (const { first, last } of stretches(spec, messages, context)) {
    const begin = messages[first]?.timestamp ?? 0;
    const end = messages[last]?.timestamp ?? 0;
    const isActive = last === messages.length - 1;
    const interval: Interval = { begin, end, duration: end - begin };
    const hidden: Record<string, unknown> = {};
    const input = { messages: messages.slice(first, last + 1), isActive, around: context };
    for (const counter of spec.counters) {
      const value = counters[counter.type]?.(counter, { ...input, interval: { ...interval, ...hidden } });
      if (value === undefined) continue;
      (counter.type === 'variable' ? hidden : interval)[counter.name] = value;
    }
    if (!validateInterval || validateInterval.test({ ...interval, ...hidden } as Input, context))
      found.push({ interval, isActive });
  }
  return found;
}
