import { isAscii } from 'node:buffer';

/** Largest body that is put together in the memory kept for it; larger ones are rare and get their own. */
const mostKept = 4 * 1024 * 1024;

/**
 * Memory for bodies, used again and again: a walk over a hundred pages would otherwise leave a hundred copies behind before
 * the garbage collector hears of them. Only ever in use within one call of `bodyText`.
 */
let kept = Buffer.alloc(0);

/** The pieces of a body as text. */
export function bodyText(pieces: readonly Buffer[], bytes: number): string {
  const [only] = pieces;
  const body = pieces.length === 1 && only ? only : joined(pieces, bytes);
  // Most answers are plain ASCII, and finding that out is much cheaper than decoding.
  return isAscii(body) ? body.toString('latin1') : body.toString('utf8');
}

function joined(pieces: readonly Buffer[], bytes: number): Buffer {
  if (bytes > mostKept) return Buffer.concat(pieces, bytes);
  if (kept.length < bytes) kept = Buffer.allocUnsafeSlow(Math.min(mostKept, bytes * 2));
  let end = 0;
  for (const piece of pieces) {
    kept.set(piece, end);
    end += piece.length;
  }
  return kept.subarray(0, end);
}
