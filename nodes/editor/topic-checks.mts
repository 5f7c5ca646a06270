import { FlespiError } from '../protocol/flespi-error.ts';
import { needsMessage, withStandIns } from '../protocol/topic.ts';
import { expressionMistake, sentenceOf } from './error-sentence.mts';
import { isEnvironment } from './number-check.mts';
import { packageName } from './text.mts';
import { modelOf } from './topic-model.mts';
import type { TopicRow } from './topic-row.mts';

/** Every topic must be one, with expressions that parse; a node without topics needs its input. */
export const checkTopics: Validator = function (value, _options) {
  const rows = Array.isArray(value) ? (value as Partial<TopicRow>[]) : [];
  if (rows.length === 0 && Number(this['inputs'] ?? 0) === 0) {
    return RED._(`${packageName}/flespi-subscribe:flespi-subscribe.invalid.none`);
  }
  for (const { topic = '' } of rows) {
    if (needsMessage(topic) && Number(this['inputs'] ?? 0) === 0) {
      return RED._(`${packageName}/flespi-subscribe:flespi-subscribe.invalid.placeholder`);
    }
    const mistake = isEnvironment(topic) ? undefined : topicMistake(topic);
    if (mistake !== undefined) return mistake;
  }
  return true;
};

function topicMistake(topic: string): string | undefined {
  try {
    const { payload, message } = modelOf(topic);
    return [payload, message]
      .filter((text) => text !== '')
      .map((text) => expressionMistake(withStandIns(text)))
      .find(Boolean);
  } catch (error) {
    return error instanceof FlespiError ? sentenceOf(error) : String(error);
  }
}
