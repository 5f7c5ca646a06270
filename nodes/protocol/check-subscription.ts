import { checkExpression } from './check-expression';
import { FlespiError } from './flespi-error';
import { checkTopic, parseTopic } from './topic';

/**
 * Why a subscription may not go to the broker, or `undefined`: a topic that is none, or a `$filter` whose expression has a
 * mistake. flespi ends the connection on both (DISCONNECT 143), and all nodes of the account share it.
 */
export function checkSubscription(filter: string): FlespiError | undefined {
  const poison = checkTopic(filter);
  if (poison) return poison;
  try {
    const { payload, message } = parseTopic(filter).filter ?? {};
    if (payload !== undefined) checkExpression(payload, 'payload filter', { where: 'payload' });
    if (message !== undefined) checkExpression(message, 'message filter', { where: 'message' });
  } catch (error) {
    // A condition that we cannot take apart may be one that the platform has learned since: it is for the broker to judge.
    if (error instanceof FlespiError && error.code === 'FLESPI_BAD_EXPRESSION') return error;
    if (!(error instanceof FlespiError)) throw error;
  }
  return undefined;
}
