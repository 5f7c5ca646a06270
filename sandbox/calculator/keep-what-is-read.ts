import { isPattern, walk, type CompiledExpression } from '../../nodes/protocol/expression';
import type { DeviceMessage } from '../fleet/gateway';
import type { CalculatorSpec } from './calculator-spec';

const position = ['position.latitude', 'position.longitude'];

/**
 * Makes of a message what a calculator reads of it. A week of whole messages keeps the garbage collector busier than the calculation;
 * where it cannot be told what is read, messages stay whole.
 */
export function keepWhatIsRead(spec: CalculatorSpec): (message: DeviceMessage) => DeviceMessage {
  const names = parametersRead(spec);
  if (!names) return (message) => message;
  // Names with dots may also be paths through objects.
  const keys = new Set(names.flatMap((name) => [name, ...beginningsOf(name)]));
  keys.delete('timestamp');
  const list = [...keys];
  return (message) => {
    const kept: DeviceMessage = { timestamp: message.timestamp };
    for (const key of list) if (Object.hasOwn(message, key)) kept[key] = message[key];
    return kept;
  };
}

/** Names of the parameters that are read of a message; undefined when that may be any. */
function parametersRead({ selectors, counters, validateMessage }: CalculatorSpec): string[] | undefined {
  const expressions: (CompiledExpression | undefined)[] = [validateMessage];
  const names: string[] = [];
  for (const { type, expression, validateMessage: validate } of selectors) {
    expressions.push(expression, validate);
    if (type === 'geofence') names.push(...position);
  }
  for (const { type, expression, parameter, method, fields } of counters) {
    if (type === 'expression') expressions.push(expression);
    else if (type === 'parameter') names.push(parameter);
    else if (type === 'dataset') expressions.push(...fields.map(({ value }) => value));
    else if (type === 'route' || type === 'geofence') names.push(...position);
    else if (type === 'message' && method !== 'count') {
      if (fields.length === 0) return undefined;
      names.push(...fields.map(({ name }) => name));
    }
  }
  for (const one of expressions) {
    if (!one) continue;
    if (!tellsWhatItReads(one)) return undefined;
    names.push(...one.references);
  }
  return names.some((name) => isPattern(name) || name === '__proto__') ? undefined : names;
}

/** The arguments of a function may be the names of further parameters, worked out for each message. */
function tellsWhatItReads({ expression }: CompiledExpression): boolean {
  let tells = true;
  walk(expression, (node) => {
    if (node.type === 'call' && node.arguments.length > 0) tells = false;
  });
  return tells;
}

function beginningsOf(name: string): string[] {
  const parts = name.split('.');
  return parts.slice(1).map((_part, index) => parts.slice(0, index + 1).join('.'));
}
