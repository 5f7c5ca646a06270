import type { Method, WireCall } from './call';
import { FlespiError } from './flespi-error';
import { checkTopicName } from './topic-check';

export interface RpcRequest {
  topic: string;
  payload: string;
  /** `GET gw/devices/all`, for people. */
  attempted: string;
}

const methods = new Set<Method>(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);

/**
 * A REST call as a publication (flespi: "REST API over MQTT"): `flespi/rest/{method}/{path}?{query}`, the method in lower
 * case. The payload is the body of a write, and what a read has in `data`.
 * @throws FlespiError `FLESPI_BAD_PATH` or `FLESPI_BAD_TOPIC`; nothing of it has been sent then
 */
export function rpcRequest(call: WireCall): RpcRequest {
  const attempted = `${call.method} ${call.path.slice(0, 160)}`;
  const bad = (problem: string): FlespiError =>
    new FlespiError('FLESPI_BAD_PATH', { attempted, params: { problem, path: call.path.slice(0, 160), segment: '' } });
  if (!methods.has(call.method)) throw bad('method');
  // Encoded by whoever made the call; anything else would be another path, or none, on the other side.
  if (!/^[\w.~!$&'()*+,;=:@%/-]+$/.test(call.path) || call.path.startsWith('/')) throw bad('encoded');
  for (const segment of call.path.split('/')) {
    const plain = decoded(segment);
    if (plain === undefined) throw bad('encoded');
    if (plain === '.' || plain === '..') throw bad('leaves-path');
  }
  const { query, data } = takeData(call);
  const text = `flespi/rest/${call.method.toLowerCase()}/${call.path}${query === '' ? '' : `?${query}`}`;
  // Both are wildcards in a topic [MQTT-3.3.2-2], and nothing but data in a path or query.
  const topic = text.replaceAll('+', '%2B').replaceAll('#', '%23');
  const poison = checkTopicName(topic);
  if (poison) throw poison;
  return { topic, payload: call.body ?? data ?? '', attempted };
}

/** Over MQTT the parameters of a read travel in the payload, not in the query. */
function takeData({ method, query }: WireCall): { query: string; data: string | undefined } {
  if (method !== 'GET') return { query, data: undefined };
  const parts = query.split('&');
  const at = parts.findIndex((part) => part.startsWith('data='));
  const data = at < 0 ? undefined : decoded((parts[at] as string).slice('data='.length));
  return data === undefined ? { query, data } : { query: parts.toSpliced(at, 1).join('&'), data };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
