import type { Assumptions } from './assumptions';
import { Failure, show } from './expression-error';
import { constantName, type CallSite } from './function-definition';
import { truth, type Result } from './operations';
import { member, read } from './scope';
import { asNumber, parseNumber, typeOf, type Value } from './value';

export function toNumber(value: Value, site: CallSite): Result {
  const number = typeof value === 'string' ? parseNumber(value) : asNumber(value);
  if (number !== undefined) return number;
  if (typeof value !== 'string') {
    return new Failure('TYPE', { where: 'tonumber()', wanted: 'number, text or boolean', given: typeOf(value) });
  }
  const quoted = site.assumptions.quotedNameInTonumber && constantName(site.call) !== undefined;
  const parameter = quoted ? read(site.scope, value) : undefined;
  const meant = typeof parameter === 'string' ? parseNumber(parameter) : asNumber(parameter ?? value);
  return meant ?? new Failure('NOT_A_NUMBER', { text: show(value) });
}

const booleanTexts: Readonly<Record<string, boolean>> = { true: true, '1': true, false: false, '0': false, '': false };

export function toBoolean(value: Value, assumptions: Assumptions): Result {
  if (typeof value !== 'string') return truth(value, assumptions, 'toboolean()');
  const meaning = Object.hasOwn(booleanTexts, value) ? booleanTexts[value] : undefined;
  return meaning ?? new Failure('NOT_A_BOOLEAN', { text: show(value) });
}

export function toText(value: Value): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** One step of json(): like `value[index]`, but a number also counts the members of an object. */
export function memberOrNth(value: Value, index: Value): Value {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject || typeof index !== 'number') return member(value, index);
  const found: Value | undefined = Object.values(value)[index];
  return found ?? null;
}
