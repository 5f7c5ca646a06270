import { conditionsOf } from './filter-conditions';
import { badTopic, checkTopic } from './topic-check';
import { isPlace } from './topic-places';
import type { TopicFilter, TopicParts, TopicShare } from './topic-parts';

/**
 * Takes a topic apart that somebody typed or pasted, encoded or not. What `buildTopic` makes of the parts means the same.
 * It does not judge the expressions: a dialog shows also what is not finished yet.
 * @throws FlespiError `FLESPI_BAD_TOPIC`
 * @example parseTopic('$share/workers/$filter/cid=123/flespi/message/gw/devices/+')
 */
export function parseTopic(text: string): TopicParts {
  const topic = encodeRawFilter(text.trim());
  const poison = checkTopic(topic);
  if (poison) throw poison;
  const levels = topic.split('/');
  const parts: { -readonly [Key in keyof TopicParts]: TopicParts[Key] } = { levels };
  if (levels[0] === '$share') {
    parts.share = parseShare(topic, levels[1] ?? '');
    levels.splice(0, 2);
  }
  if (levels[0] === '$filter') {
    parts.filter = parseFilter(topic, levels[1] ?? '');
    levels.splice(0, 2);
  }
  return parts;
}

function parseShare(topic: string, text: string): TopicShare {
  const [group = '', ...numbers] = text.split(':');
  if (numbers.length === 0) return { group };
  if (group === '' || numbers.length > 2 || !numbers.every((number) => /^\d{1,4}$/.test(number))) {
    throw badTopic(topic, 'sticky');
  }
  const [from, count] = numbers.map(Number);
  return {
    group,
    sticky: count === undefined ? { count: from ?? 0 } : { ...(from !== undefined && { from }), count },
  };
}

function parseFilter(topic: string, text: string): TopicFilter {
  const filter: TopicFilter = {};
  for (const { name, value } of conditionsOf(text)) {
    if (name === 'payload' && filter.payload === undefined) filter.payload = value;
    else if (name === 'message' && filter.message === undefined) filter.message = value;
    else if (name === 'cid' && filter.cid === undefined && isPlace(value)) filter.cid = value;
    else if (name === 'cid' && filter.cid === undefined && /^\d{1,15}$/.test(value)) filter.cid = Number(value);
    else if (name === 'modified_since' && filter.modifiedSince === undefined && isPlace(value)) {
      filter.modifiedSince = value;
    }
    // flespi's texts disagree about the sign: "=" in the reference manual, ">" in its assistant's notes.
    else if (name === 'modified_since' && filter.modifiedSince === undefined && /^\d{1,14}(\.\d+)?$/.test(value)) {
      filter.modifiedSince = Number(value);
    } else {
      throw badTopic(topic, 'condition');
    }
  }
  return filter;
}

/**
 * A pasted filter with a raw `+` or `#` in its expression: the place is clear, so they are encoded instead of refused.
 * A raw `/` cannot be told from the end of the level and ends it.
 */
function encodeRawFilter(topic: string): string {
  return topic.replace(/^((?:\$share\/[^/]*\/)?\$filter\/)([^/]*)/, (_, prefix: string, conditions: string) => {
    return prefix + conditions.replaceAll('+', '%2B').replaceAll('#', '%23');
  });
}
