/** One message of an answer. */
export interface AnswerPart {
  payload: Buffer;
  /** The user property `http_code`; the part that has it is the last one. */
  httpCode?: string | string[];
}

/**
 * Cuts an answer into consecutive slices of bytes; a slice may end within a character. Without a size it is one part (flespi: "flespi API
 * basics", `response_chunked`).
 */
export function splitAnswer(body: string, status: number, chunkBytes = Infinity): AnswerPart[] {
  const bytes = Buffer.from(body);
  const parts: AnswerPart[] = [];
  for (let start = 0; start < bytes.length || start === 0; start += chunkBytes)
    parts.push({ payload: bytes.subarray(start, Math.min(bytes.length, start + chunkBytes)) });
  (parts.at(-1) as AnswerPart).httpCode = String(status);
  return parts;
}
