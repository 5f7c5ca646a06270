import { conditionsOf, type FilterCondition } from './filter-conditions';
import type { FlespiError } from './flespi-error';
import { badText, badTopic, shorten, type TopicProblem } from './topic-check';

/** A place in a topic that is filled in before it goes to the broker. */
export interface TopicPlace {
  source: 'msg' | 'flow' | 'global' | 'env';
  /** Of the property in its source, as typed inputs have it: `payload.device`, `#:(store)::fleet`. */
  path: string;
  /** As it stands in the topic: `{{payload.device}}`, `{{flow.fleet}}`. */
  text: string;
}

type PlainValue = string | number | boolean;
type Refuse = (problem: TopicProblem) => FlespiError;

/** As in core's template node: `{{payload.x}}`, `{{flow.x}}`, `{{global[store].x}}`, `{{env.X}}`. */
const place = /\{\{\s*(?:(msg|flow|global|env)(?:\[([^\]{}]+)\])?\.)?([^{}]+?)\s*\}\}/g;
const onlyPlace = new RegExp(`^${place.source}$`);

/** Whether the text is one place and nothing else. */
export const isPlace = (text: string): text is `{{${string}}}` => onlyPlace.test(text);

/** The places of a topic, those of its expressions among them, be they encoded or not. */
export function placesOf(topic: string): TopicPlace[] {
  const { share, conditions, levels } = split(topic);
  const values = conditions === undefined ? [] : conditionsOf(conditions).map(({ value }) => value);
  return [...[share, ...values, levels].join('/').matchAll(place)].map(([text, source, store, path = '']) =>
    placeFrom(text, source, store, path),
  );
}

/** Whether a message has to come before the topic is known. */
export const needsMessage = (topic: string): boolean => placesOf(topic).some(({ source }) => source === 'msg');

/** The expression with a number for each place, of the same length: for checks that tell the right column. */
export const withStandIns = (expression: string): string =>
  expression.replace(place, (text: string) => '1'.padEnd(text.length));

/**
 * The topic with its places filled in. A value is data: it stays within its level, its number, or its place in an expression,
 * and can never make the subscription wider.
 * @throws FlespiError `FLESPI_BAD_TOPIC` for a value that would, that is missing, or that is neither text nor number
 */
export function fillPlaces(topic: string, valueOf: (place: TopicPlace) => unknown): string {
  const fill = (text: string, use: (value: PlainValue, refuse: Refuse, before: string) => string): string =>
    text.replace(
      place,
      (found: string, source: string | undefined, store: string | undefined, path: string, at: number) => {
        const here = placeFrom(found, source, store, path);
        const value = valueOf(here);
        const refuse: Refuse = (problem) => badTopic(topic, problem, { place: here.text, value: shown(value) });
        return use(plain(value, refuse), refuse, text.slice(0, at));
      },
    );
  const fillCondition = ({ text, name, sign, value }: FilterCondition): string => {
    if (value.search(place) < 0) return text;
    const isExpression = name === 'payload' || name === 'message';
    return `${name}${sign}${isExpression ? encodeURIComponent(fill(value, inExpression)) : fill(value, asNumber)}`;
  };
  const { share, conditions, levels } = split(topic);
  return [
    ...(share === undefined ? [] : ['$share', fill(share, asGroup)]),
    ...(conditions === undefined ? [] : ['$filter', conditionsOf(conditions).map(fillCondition).join('&')]),
    fill(levels, asLevel),
  ].join('/');
}

function placeFrom(text: string, source = 'msg', store: string | undefined, path: string): TopicPlace {
  return { source: source as TopicPlace['source'], path: store === undefined ? path : `#:(${store})::${path}`, text };
}

/** The group and the conditions without their prefixes, and what follows. */
function split(topic: string): { share: string | undefined; conditions: string | undefined; levels: string } {
  const [, share, conditions, levels = ''] = /^(?:\$share\/([^/]*)\/)?(?:\$filter\/([^/]*)\/)?(.*)$/s.exec(topic) ?? [];
  return { share, conditions, levels };
}

function plain(value: unknown, refuse: Refuse): PlainValue {
  if (value === undefined || value === null || value === '') throw refuse('value-missing');
  if (typeof value === 'number' ? !Number.isFinite(value) : typeof value !== 'string' && typeof value !== 'boolean') {
    throw refuse('value-kind');
  }
  return value as PlainValue;
}

function asLevel(value: PlainValue, refuse: Refuse): string {
  if (typeof value === 'boolean') throw refuse('value-kind');
  const text = String(value);
  if (badText(text)) throw refuse('value-text');
  if (/[+#/,$]/.test(text)) throw refuse('widens');
  return text;
}

function asGroup(value: PlainValue, refuse: Refuse): string {
  const text = asLevel(value, refuse);
  // It would decide what the group is sticky by.
  if (text.includes(':')) throw refuse('group');
  return text;
}

/** A subaccount, or a time in unix seconds. */
function asNumber(value: PlainValue, refuse: Refuse): string {
  const text = String(value);
  if (!/^\d{1,15}(\.\d{1,6})?$/.test(text)) throw refuse('value-number');
  return text;
}

/** A literal of the expression language; within quotes of the author's, what stands between them. */
function inExpression(value: PlainValue, refuse: Refuse, before: string): string {
  const quote = openQuote(before);
  if (typeof value !== 'string' && quote === '') {
    const text = String(value);
    // With an exponent it would be another thing in flespi's language.
    if (typeof value === 'number' && !/^-?\d+(\.\d+)?$/.test(text)) throw refuse('value-number');
    return text.startsWith('-') ? `(${text})` : text;
  }
  const text = String(value);
  if (badText(text)) throw refuse('value-text');
  // In a text that is compared they mean "any" (flespi: expressions).
  if (/[*?]/.test(text)) throw refuse('value-wildcard');
  const escaped = text.replaceAll(/[\\"']/g, String.raw`\$&`);
  return quote === '' ? `"${escaped}"` : escaped;
}

/** The quote of the text that is still open at the end of this part of an expression; empty when there is none. */
function openQuote(part: string): string {
  let open = '';
  for (let at = 0; at < part.length; at += 1) {
    const character = part[at] ?? '';
    if (open !== '' && character === '\\') at += 1;
    else if (open === character) open = '';
    else if (open === '' && /["']/.test(character)) open = character;
  }
  return open;
}

/** As it would be written in JSON, which reads alike in every language; never throws. */
function shown(value: unknown): string {
  try {
    return shorten(JSON.stringify(value) ?? String(value));
  } catch {
    return Object.prototype.toString.call(value);
  }
}
