import { EvaluationError, isInside, type EvaluationContext } from '../../nodes/protocol/expression';
import type { JsonObject as Input } from '../../nodes/protocol/expression';
import type { DeviceMessage } from '../fleet/gateway';
import { calendarKey } from './calendar-key';
import type { CalculatorSpec, SelectorSpec } from './calculator-spec';

/** Neighbouring messages, by the numbers of the first and the last one. */
export interface Stretch {
  first: number;
  last: number;
}

/** The stretches, when all is done; a step for each message. */
type Steps = Generator<undefined, Stretch[]>;

type Surroundings = Pick<EvaluationContext, 'geofences' | 'metadata' | 'timezone' | 'now'>;

/** The stretches that all selectors agree on, in order; without selectors, all messages are one. */
export function* stretches(spec: CalculatorSpec, messages: readonly DeviceMessage[], around: Surroundings): Steps {
  if (messages.length === 0) return [];
  let common: Stretch[] = [{ first: 0, last: messages.length - 1 }];
  for (const selector of spec.selectors) common = overlaps(common, yield* select(selector, messages, around));
  return common;
}

function* select(selector: SelectorSpec, messages: readonly DeviceMessage[], around: Surroundings): Steps {
  const { type, method, split } = selector;
  if (type === 'calc') return [];
  if (type === 'inactive') return gaps(messages, selector.delayThreshold);
  const found =
    type === 'datetime'
      ? yield* runs(messages, selector, ({ timestamp }) => calendarKey(timestamp, split, around.timezone))
      : type === 'geofence'
        ? yield* runs(messages, selector, (message) => fenceOf(selector, message, around))
        : method === 'change'
          ? yield* runs(messages, selector, valueBy(selector, around))
          : yield* activeRuns(messages, selector, activeBy(selector, around));
  return found.filter(({ first, last }) => duration(messages, first, last) >= selector.minDuration);
}

/** Runs of one and the same value; messages without one belong to none. */
function* runs(
  messages: readonly DeviceMessage[],
  { maxMessagesTimeDiff, validateMessage }: SelectorSpec,
  valueOf: (message: DeviceMessage, previous: DeviceMessage | undefined) => string | undefined,
): Steps {
  const found: Stretch[] = [];
  let open: { value: string; stretch: Stretch } | undefined;
  for (const [index, message] of messages.entries()) {
    yield;
    if (validateMessage && !validateMessage.test(message as Input)) continue;
    const value = valueOf(message, messages[index - 1]);
    const isGap = index > 0 && duration(messages, index - 1, index) > maxMessagesTimeDiff;
    if (open && (open.value !== value || isGap)) open = undefined;
    if (value === undefined) continue;
    if (open) open.stretch.last = index;
    else found.push((open = { value, stretch: { first: index, last: index } }).stretch);
  }
  return found;
}

/** Runs in which a condition holds, bridging pauses up to `maxInactive`. */
function* activeRuns(
  messages: readonly DeviceMessage[],
  selector: SelectorSpec,
  isActive: (message: DeviceMessage, previous: DeviceMessage | undefined) => boolean | undefined,
): Steps {
  const { maxActive, maxInactive, maxMessagesTimeDiff, minActive, mergeMessageBefore, mergeMessageAfter } = selector;
  const found: Stretch[] = [];
  let open: Stretch | undefined;
  /** Seconds of the open stretch in which the condition held. */
  let active = 0;
  let wasActive = false;
  const close = (next: number | undefined): void => {
    if (open && active >= minActive) {
      const last = mergeMessageAfter && next !== undefined ? next : open.last;
      found.push({ first: open.first, last });
    }
    open = undefined;
    active = 0;
  };
  for (const [index, message] of messages.entries()) {
    yield;
    if (selector.validateMessage && !selector.validateMessage.test(message as Input)) continue;
    const step = index === 0 ? 0 : duration(messages, index - 1, index);
    const holds: boolean = isActive(message, messages[index - 1]) ?? wasActive;
    if (open && step > maxMessagesTimeDiff) close(undefined);
    if (open && holds && duration(messages, open.first, index) > maxActive) close(index);
    if (holds) {
      if (open) {
        open.last = index;
        if (wasActive) active += step;
      } else {
        const joinsBefore = mergeMessageBefore && index > 0 && step <= maxMessagesTimeDiff;
        open = { first: joinsBefore ? index - 1 : index, last: index };
      }
    } else if (open && duration(messages, open.last, index) > maxInactive) close(index);
    wasActive = holds;
  }
  close(undefined);
  return found;
}

/** From the message before each long silence to the one after it. */
function gaps(messages: readonly DeviceMessage[], threshold: number): Stretch[] {
  const found: Stretch[] = [];
  for (let index = 1; index < messages.length; index += 1) {
    if (duration(messages, index - 1, index) > threshold) found.push({ first: index - 1, last: index });
  }
  return found;
}

function activeBy(
  { expression, invert, mergeUnknown }: SelectorSpec,
  around: Surroundings,
): (message: DeviceMessage, previous: DeviceMessage | undefined) => boolean | undefined {
  const context = contextOf(around);
  return (message, previous) => {
    if (!expression) return true;
    context.previous = previous as Input | undefined;
    if (mergeUnknown && !hasValue(() => expression.value(message as Input, context))) return undefined;
    return expression.test(message as Input, context) !== invert;
  };
}

/** One for all messages of a run, which only sets the message before: a new one for each would take as long as the expression. */
export function contextOf(around: Surroundings): EvaluationContext & { previous: Input | undefined } {
  return { ...around, previous: undefined };
}

function hasValue(evaluate: () => unknown): boolean {
  try {
    evaluate();
    return true;
  } catch (error) {
    if (error instanceof EvaluationError) return false;
    throw error;
  }
}

function valueBy(
  { expression }: SelectorSpec,
  around: Surroundings,
): (message: DeviceMessage, previous: DeviceMessage | undefined) => string | undefined {
  const context = contextOf(around);
  return (message, previous) => {
    if (!expression) return '';
    context.previous = previous as Input | undefined;
    try {
      return JSON.stringify(expression.value(message as Input, context));
    } catch (error) {
      if (error instanceof EvaluationError) return undefined;
      throw error;
    }
  };
}

/** Name of the geofence that the message was sent from: one of the selector's, or any when it names none. */
function fenceOf({ geofences }: SelectorSpec, message: DeviceMessage, around: Surroundings): string | undefined {
  const { 'position.latitude': lat, 'position.longitude': lon } = message;
  if (typeof lat !== 'number' || typeof lon !== 'number') return undefined;
  return around.geofences?.find(
    ({ name, geometry }) => (geofences.length === 0 || geofences.includes(name)) && isInside({ lat, lon }, geometry),
  )?.name;
}

function overlaps(left: readonly Stretch[], right: readonly Stretch[]): Stretch[] {
  const found: Stretch[] = [];
  let next = 0;
  for (const { first, last } of left) {
    while (next < right.length && (right[next] as Stretch).last < first) next += 1;
    for (let index = next; index < right.length; index += 1) {
      const other = right[index] as Stretch;
      if (other.first > last) break;
      if (other.last >= first) found.push({ first: Math.max(first, other.first), last: Math.min(last, other.last) });
    }
  }
  return found;
}

function duration(messages: readonly DeviceMessage[], first: number, last: number): number {
  return (messages[last]?.timestamp ?? 0) - (messages[first]?.timestamp ?? 0);
}
