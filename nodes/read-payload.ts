import { isUtf8 } from 'node:buffer';
import { FlespiError } from './protocol/flespi-error';

export type Datatype = 'auto' | 'json' | 'text' | 'buffer';

/**
 * The payload of a publication as the author wants it. `auto` is what core's `mqtt in` calls auto-detect: a parsed JSON
 * value, otherwise text, otherwise the buffer.
 * @throws FLESPI_BAD_PAYLOAD when JSON was asked for and it is none; its `body` is the text.
 */
export function readPayload(payload: Buffer, datatype: Datatype, topic: string): unknown {
  if (datatype === 'buffer') return payload;
  if (datatype === 'text') return payload.toString();
  if (datatype === 'auto' && !isUtf8(payload)) return payload;
  const text = payload.toString();
  if (isTooDeep(text)) {
    if (datatype === 'auto') return text;
    throw bad(topic, text, 'too-deep');
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    // flespi publishes texts as they are, without quotes.
    if (datatype === 'auto') return text;
    throw bad(topic, text, 'not-json', cause);
  }
}

const deepest = 1000;

/** Node-RED copies messages by recursion; what is nested too deep for that must not get into one. */
function isTooDeep(text: string): boolean {
  // Whatever is nested deeper has at least so many closing brackets; real messages are shorter than that.
  if (text.length < 2 * deepest) return false;
  let depth = 0;
  let inText = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (inText) {
      if (character === '\\') index += 1;
      else if (character === '"') inText = false;
    } else if (character === '"') inText = true;
    else if (character === '{' || character === '[') {
      depth += 1;
      if (depth > deepest) return true;
    } else if (character === '}' || character === ']') depth -= 1;
  }
  return false;
}

function bad(topic: string, text: string, problem: string, cause?: unknown): FlespiError {
  const attempted = topic.length > 120 ? `${topic.slice(0, 120)}...` : topic;
  return new FlespiError('FLESPI_BAD_PAYLOAD', { attempted, params: { problem, topic: attempted }, body: text, cause });
}
