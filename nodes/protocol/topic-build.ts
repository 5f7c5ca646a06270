import { FlespiError } from './flespi-error';
import { checkExpression } from './check-expression';
import { badLevels, badTopic, checkTopic } from './topic-check';
import type { PlaceText, TopicFilter, TopicParts, TopicShare } from './topic-parts';
import { withStandIns } from './topic-places';

/**
 * The topic filter that goes to the broker. Expressions are percent-encoded here, once; everything is checked.
 * @throws FlespiError `FLESPI_BAD_TOPIC`, or `FLESPI_BAD_EXPRESSION` with `params.column`
 * @example buildTopic({ filter: { payload: 'position.speed>60' }, levels: ['flespi', 'message', 'gw', 'devices', '+'] })
 *   // $filter/payload=position.speed%3E60/flespi/message/gw/devices/+
 */
export function buildTopic(parts: TopicParts): string {
  const path = parts.levels.join('/');
  for (const level of parts.levels) {
    if (level.includes('/')) throw badTopic(path, 'slash');
  }
  const wrong = badLevels(parts.levels);
  if (wrong) throw badTopic(path, wrong);
  const topic = [...sharePrefix(parts.share, path), ...filterPrefix(parts.filter, path), path].join('/');
  const poison = checkTopic(topic);
  if (poison) throw poison;
  return topic;
}

/** flespi: `$share/{name}/`, `$share/{name}:{count}/`, `$share/{name}:{from}:{count}/`. */
function sharePrefix(share: TopicShare | undefined, path: string): string[] {
  if (!share) return [];
  const { group, sticky } = share;
  if (group === '' || /[/+#,:]/.test(group)) throw badTopic(path, 'group');
  if (!sticky) return ['$share', group];
  const { from, count } = sticky;
  if (!isCount(count) || count < 1) throw badTopic(path, 'sticky');
  if (from !== undefined && !isCount(from)) throw badTopic(path, 'sticky');
  return ['$share', from === undefined ? `${group}:${count}` : `${group}:${from}:${count}`];
}

/** The conditions are joined by `&`; each value is percent-encoded, so that a `&` in it stays data. */
function filterPrefix(filter: TopicFilter | undefined, path: string): string[] {
  if (!filter) return [];
  const conditions: string[] = [];
  if (filter.payload !== undefined) conditions.push(`payload=${encodeExpression(filter.payload, 'payload')}`);
  if (filter.message !== undefined) conditions.push(`message=${encodeExpression(filter.message, 'message')}`);
  if (filter.modifiedSince !== undefined) conditions.push(`modified_since=${timeText(filter.modifiedSince, path)}`);
  if (filter.cid !== undefined) {
    const { cid } = filter;
    if (typeof cid === 'number' && (!isCount(cid) || cid < 1)) throw badTopic(path, 'cid');
    conditions.push(`cid=${cid}`);
  }
  return conditions.length === 0 ? [] : ['$filter', conditions.join('&')];
}

function timeText(time: number | PlaceText, path: string): string {
  if (typeof time === 'string') return time;
  // String() of huge and tiny numbers has an exponent, whose "+" would be a wildcard.
  if (!(time >= 0 && time < 1e15)) throw badTopic(path, 'time');
  return Number.isInteger(time) ? String(time) : time.toFixed(6).replace(/\.?0+$/, '');
}

function encodeExpression(expression: string, where: string): string {
  checkExpression(withStandIns(expression), `${where} filter`, { where });
  try {
    return encodeURIComponent(expression);
  } catch (cause) {
    throw new FlespiError('FLESPI_BAD_EXPRESSION', {
      attempted: `${where} filter`,
      params: { where, column: 1, reason: 'it contains half a character (a lone surrogate)' },
      cause,
    });
  }
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
