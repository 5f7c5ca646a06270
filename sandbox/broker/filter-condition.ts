import { compileExpression } from '../../nodes/protocol/expression';
import type { Message } from './message';

/** Does the message pass? Never throws; what cannot be evaluated does not pass. */
export type Condition = (message: Message) => boolean;

export interface ConditionContext {
  now: () => number;
}

const wholeNumber = /^\d{1,15}$/;
const seconds = /^\d{1,12}(\.\d{1,9})?$/;

/**
 * Reads what stands between `$filter/` and the topic: conditions joined by a raw `&`, each percent-encoded on its own (flespi: "flespi API
 * basics", topic filtering). `undefined` for one that is unknown, malformed, or holds an expression that does not compile.
 */
export function parseConditions(spec: string, context: ConditionContext): Condition[] | undefined {
  const conditions: Condition[] = [];
  for (const part of spec.split('&')) {
    const condition = parseCondition(part, context);
    if (condition === undefined) return undefined;
    conditions.push(condition);
  }
  return conditions;
}

function parseCondition(part: string, context: ConditionContext): Condition | undefined {
  const [, name, operator, encoded] = /^([a-z_]+)([=>])(.*)$/s.exec(part) ?? [];
  const value = decode(encoded);
  if (value === undefined || (operator === '>' && name !== 'modified_since')) return undefined;
  switch (name) {
    case 'cid':
      return wholeNumber.test(value) ? publishedBy(Number(value)) : undefined;
    case 'modified_since':
      return seconds.test(value) ? modifiedSince(Number(value), operator === '>') : undefined;
    case 'payload':
      return expression(value, context, (message) => message.payloadScope);
    case 'message':
      return expression(value, context, (message) => message.messageScope);
    default:
      return undefined;
  }
}

/** Only messages of this account; also what the user property `cid` of a SUBSCRIBE asks for. */
export function publishedBy(cid: number): Condition {
  return (message) => message.publication.cid === cid;
}

function modifiedSince(from: number, later: boolean): Condition {
  return ({ publication: { timestamp } }) => (later ? timestamp > from : timestamp >= from);
}

function expression(
  text: string,
  { now }: ConditionContext,
  scopeOf: (message: Message) => Message['messageScope'],
): Condition | undefined {
  try {
    const { test } = compileExpression(text);
    return (message) => test(scopeOf(message), { now });
  } catch {
    return undefined;
  }
}

function decode(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
