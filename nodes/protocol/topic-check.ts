import { FlespiError } from './flespi-error';

/** Bytes that the length field of an MQTT string can count [MQTT-1.5.4]. */
const longest = 65_535;

const utf8 = new TextEncoder();

// Not allowed in an MQTT string, or only trouble there: NUL, other control characters [MQTT-1.5.4-2], halves of surrogate
// pairs [MQTT-1.5.4-1]. A broker closes the connection on them, for every node that shares it.
// eslint-disable-next-line no-control-regex -- they are the point
const control = /[\u0000-\u001f\u007f-\u009f]/;
export const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** What can be wrong with a topic: a key for translations, and the phrase. */
const problems = {
  empty: 'it is empty',
  control: 'it contains a control character',
  'half-character': 'it contains half a character (a lone surrogate)',
  long: `it is longer than ${longest} bytes`,
  'no-levels': 'it has no levels',
  'rest-not-last': '"#" may only be the last level',
  'wildcard-in-word': '"+" and "#" must be whole levels',
  'wildcard-published': 'a message cannot be published to a wildcard',
  slash: '"/" separates levels and cannot be part of one',
  'empty-level': 'a level is empty',
  'empty-entry': 'a list has an empty entry',
  prefix: '"$share" and "$filter" are prefixes: they need a value and a topic after them',
  group: 'a share group is a word without / + # , :',
  sticky: 'a sticky share group is name:count or name:from:count, with a count from 1 and a level counted from 0',
  order: 'the order is $share, then one $filter, then the topic',
  'no-condition': '"$filter/" needs a condition',
  condition: 'a condition of "$filter" is unknown, malformed or there twice',
  'raw-wildcard': '"+" and "#" in a filter must be percent-encoded',
  time: 'a time is given in unix seconds',
  cid: 'a subaccount is given by its id',
  widens: 'a value may not contain any of + # / , $',
  'value-missing': 'there is no value for a place in it',
  'value-kind': 'a value for a place in it is neither a text nor a number',
  'value-text': 'a value for a place in it contains a character that no topic may have, or is too long',
  'value-number': 'a value for a place in it is not the number that it must be',
  'value-wildcard': 'a value in a condition may not contain * or ?',
} as const;

export type TopicProblem = keyof typeof problems;

/** The error of a topic that cannot be used. */
export function badTopic(topic: string, problem: TopicProblem, more: Record<string, string> = {}): FlespiError {
  return new FlespiError('FLESPI_BAD_TOPIC', {
    attempted: `topic ${shorten(topic)}`,
    params: { ...more, problem, topic: shorten(topic), reason: problems[problem] },
  });
}

/** Short enough for a sentence, on one line. */
export function shorten(text: string): string {
  const clean = text.replace(new RegExp(control, 'g'), '\ufffd');
  return clean.length > 120 ? `${clean.slice(0, 120)}...` : clean;
}

/** Why a text can be no part of any topic; `undefined` when it can. */
export function badText(text: string): TopicProblem | undefined {
  if (text === '') return 'empty';
  if (control.test(text)) return 'control';
  if (loneSurrogate.test(text)) return 'half-character';
  // Three bytes a UTF-16 unit at most: nearly every topic is known to fit without being encoded.
  if (text.length * 3 > longest && utf8.encode(text).length > longest) return 'long';
  return undefined;
}

function badWildcard(levels: readonly string[]): TopicProblem | undefined {
  if (levels.slice(0, -1).includes('#')) return 'rest-not-last';
  return levels.some((level) => level.length > 1 && /[+#]/.test(level)) ? 'wildcard-in-word' : undefined;
}

/** What is wrong with the levels of a subscription below its prefixes; `undefined` when nothing is. */
export function badLevels(levels: readonly string[]): TopicProblem | undefined {
  if (levels.length === 0 || (levels.length === 1 && levels[0] === '')) return 'no-levels';
  const wildcard = badWildcard(levels);
  if (wildcard) return wildcard;
  const [first = ''] = levels;
  if (first === '$share' || first === '$filter') return 'prefix';
  const flespi = first.split(',').some((word) => word === 'flespi');
  for (const level of levels) {
    // Legal in MQTT, but no topic of flespi has an empty level: such a subscription waits for ever.
    if (flespi && level === '') return 'empty-level';
    if (!level.includes(',')) continue;
    const words = level.split(',');
    if (words.includes('')) return 'empty-entry';
  }
  return undefined;
}

/**
 * Why a topic filter may not go to a broker, or `undefined`. A bad filter makes brokers drop the connection
 * (flespi answers DISCONNECT 143), and all nodes share it; so it is refused here, before the wire.
 * It looks at the whole text, with or without `$share` and `$filter` prefixes.
 */
export function checkTopic(text: string): FlespiError | undefined {
  const broken = badText(text);
  if (broken) return badTopic(text, broken);
  const levels = text.split('/');
  if (levels[0] === '$share') {
    const group = levels[1] ?? '';
    if (group === '' || /[+#,]/.test(group)) return badTopic(text, 'group');
    levels.splice(0, 2);
  }
  if (levels[0] === '$filter') {
    const conditions = levels[1] ?? '';
    if (conditions === '') return badTopic(text, 'no-condition');
    // [MQTT-4.7.1-1]: encoded they are data, raw they would be wildcards.
    if (/[+#]/.test(conditions)) return badTopic(text, 'raw-wildcard');
    levels.splice(0, 2);
    if (levels[0] === '$filter' || levels[0] === '$share') {
      return badTopic(text, 'order');
    }
  }
  const wrong = badLevels(levels);
  return wrong === undefined ? undefined : badTopic(text, wrong);
}

/** Why a message may not be published to a topic, or `undefined`: as {@link checkTopic}, and no wildcards [MQTT-3.3.2-2]. */
export function checkTopicName(text: string): FlespiError | undefined {
  const broken = badText(text) ?? (/[+#]/.test(text) ? 'wildcard-published' : undefined);
  return broken === undefined ? undefined : badTopic(text, broken);
}
