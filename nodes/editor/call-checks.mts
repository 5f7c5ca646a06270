import { plain } from './plain.mts';
import { findResource } from '../protocol/find-resource.ts';
import { FlespiError } from '../protocol/flespi-error.ts';
import { slotsOf } from '../protocol/path.ts';
import { selectorOf, selectorText, type Selector } from '../protocol/selector.ts';
import { textSelectsAll } from '../protocol/selects-all.ts';
import { stateOfNode } from './call-state.mts';
import { expressionMistake, sentenceOf } from './error-sentence.mts';
import { isEnvironment } from './number-check.mts';
import type { SelectorRow } from './selector-rows.mts';
import { text } from './text.mts';

// Every validator here has two declared parameters, see Validator. They run for every node on every load of a flow, without
// a form, so they look at the node's own properties only; the open form tells the same in its preview.

export const checkTemplate: Validator = function (value, _options) {
  const template = plain(value).trim();
  if (template === '') return text('call.invalid.template');
  try {
    slotsOf(template);
    return true;
  } catch (error) {
    return sentenceOf(error);
  }
};

export const checkMethod: Validator = function (value, _options) {
  const method = plain(value ?? 'GET');
  const resource = findResource(plain(this['template']));
  const fits = method === 'msg' || !resource || (resource.methods as readonly string[]).includes(method);
  return (
    fits || text('call.invalid.method', { method, template: resource.template, methods: resource.methods.join(', ') })
  );
};

export const checkSelectors: Validator = function (value, _options) {
  const rows = Array.isArray(value) ? (value as Partial<SelectorRow>[]) : [];
  let slots: string[];
  try {
    slots = slotsOf(plain(this['template']));
  } catch {
    return true; // The template's own check says it.
  }
  for (const [index, slot] of slots.entries()) {
    const mistake = selectorMistake(rows[index] ?? {});
    if (mistake !== undefined) return text('call.invalid.selector', { slot, reason: mistake });
  }
  return true;
};

/** What is wrong with one row, as far as it can be known without a message. */
export function selectorMistake({
  kind = 'all',
  field = '',
  value = '',
  type = 'str',
}: Partial<SelectorRow>): string | undefined {
  if (kind === 'all') return undefined;
  if (type !== 'str' && type !== 'num')
    return value.trim() === '' && type !== 'msg' ? text('call.invalid.empty') : undefined;
  try {
    selectorText(selectorOf((kind === 'typed' ? 'raw' : kind) as Selector['kind'], value, field));
    return undefined;
  } catch (error) {
    if (error instanceof FlespiError && error.params['problem'] === 'empty') return text('call.invalid.empty');
    return sentenceOf(error);
  }
}

/** True when the rows select every item of the last collection, as far as that is known. */
export function rowsSelectAll(rows: readonly Partial<SelectorRow>[]): boolean {
  return rows.some(({ kind = 'all', value = '', type = 'str' }) => {
    if (kind === 'all') return true;
    return (
      (kind === 'raw' || kind === 'expression') &&
      type === 'str' &&
      textSelectsAll(kind === 'raw' ? value : `{${value}}`)
    );
  });
}

/** POST too: with selectors it sends commands and messages to what they choose. */
export const writes = (method: string): boolean => ['POST', 'PUT', 'PATCH', 'DELETE'].includes(method);

export const checkAllConfirmed: Validator = function (value, _options) {
  const { method, selectors, template } = stateOfNode(this);
  if (value === true || !writes(method)) return true;
  const slots = slotsWithin(template);
  return rowsSelectAll(selectors.slice(0, slots)) && slots > 0 ? text('call.invalid.allConfirmed') : true;
};

function slotsWithin(template: string): number {
  try {
    return slotsOf(template).length;
  } catch {
    return 0;
  }
}

export const checkFilter: Validator = function (value, _options) {
  const filter = plain(value).trim();
  const typed = this['filterType'] ?? 'str';
  if (filter === '' || typed !== 'str' || isEnvironment(filter)) return true;
  const mistake = expressionMistake(filter);
  return mistake === undefined ? true : text('call.invalid.filter', { reason: mistake });
};
