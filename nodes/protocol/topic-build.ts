import { FlespiError } from './flespi-error';
import { checkExpression } from './check-expression';
import { badLevels, badTopic, checkTopic } from './topic-check';
import type { TopicFilter, TopicParts, TopicShare } from './topic-parts';

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
  if (filter.modifiedSince !== undefined) {
    const since = filter.modifiedSince;
    // String() of huge and tiny numbers has an exponent, whose "+" would be a wildcard.
    if (!(since >= 0 && since < 1e15)) throw badTopic(path, 'time');
    conditions.push(`modified_since=${Number.isInteger(since) ? since : since.toFixed(6).replace(/\.?0+$/, '')}`);
  }
  if (filter.cid !== undefined) {
    if (!isCount(filter.cid) || filter.cid < 1) throw badTopic(path, 'cid');
    conditions.push(`cid=${filter.cid}`);
  }
  return conditions.length === 0 ? [] : ['$filter', conditions.join('&')];
}

function encodeExpression(expression: string, where: string): string {
  checkExpression(expression, `${where} filter`, { where });
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
