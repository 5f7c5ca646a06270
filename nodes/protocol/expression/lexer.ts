import { ExpressionError, show } from './expression-error';
import { punctuation } from './grammar';
import { longestName } from './scope';

/** A token with the 1-based column of its first character. The last one of every expression is `end`. */
export type Token =
  | { readonly type: 'number'; readonly value: number; readonly column: number; readonly text: string }
  | { readonly type: 'text'; readonly value: string; readonly column: number; readonly text: string }
  | { readonly type: 'name'; readonly value: string; readonly column: number; readonly text: string }
  | { readonly type: 'sign'; readonly value: string; readonly column: number; readonly text: string }
  | { readonly type: 'end'; readonly value: ''; readonly column: number; readonly text: '' };

// Sticky, so that they match at a place instead of on a copy. None of them can backtrack more than a step.
const space = /\s*/y;
const numberShape = /0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const nameShape = /[\p{L}_][\p{L}\p{M}\p{N}_#]*(?:\.[\p{L}\p{M}\p{N}_#]+)*/uy;
const nameCharacter = /[\p{L}\p{M}\p{N}_#.]*/uy;
const textStep = /[^\\"']+/y;

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '\\': '\\',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** All tokens of an expression, the end included: for colouring it, say. Throws {@link ExpressionError}. */
export function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let offset = 0; ;) {
    const { token, next } = readToken(source, offset);
    tokens.push(token);
    if (token.type === 'end') return tokens;
    offset = next;
  }
}

/** Reads the token at or after `offset`, and where the next one starts. Throws {@link ExpressionError}. */
export function readToken(source: string, offset: number): { token: Token; next: number } {
  const start = offset + lengthAt(space, source, offset);
  const column = start + 1;
  const character = source[start];
  if (character === undefined) return { token: { type: 'end', value: '', column, text: '' }, next: start };

  if (character === '"' || character === "'") return readText(source, start, character);

  if (isDigit(character) || (character === '.' && isDigit(source[start + 1]))) {
    const length = lengthAt(numberShape, source, start);
    const trailing = lengthAt(nameCharacter, source, start + length);
    const text = source.slice(start, start + length + trailing);
    const value = Number(text);
    if (trailing > 0 || !Number.isFinite(value)) throw new ExpressionError('BAD_NUMBER', column, { text: show(text) });
    return { token: { type: 'number', value, column, text }, next: start + length };
  }

  const nameLength = lengthAt(nameShape, source, start);
  if (nameLength > 0) {
    const whole = nameLength + lengthAt(nameCharacter, source, start + nameLength);
    const text = source.slice(start, start + whole);
    if (whole > nameLength || whole > longestName) throw new ExpressionError('BAD_NAME', column, { text: show(text) });
    return { token: { type: 'name', value: text, column, text }, next: start + whole };
  }

  for (const length of [2, 1]) {
    const sign = source.slice(start, start + length);
    if (sign.length === length && punctuation.has(sign)) {
      return { token: { type: 'sign', value: sign, column, text: sign }, next: start + length };
    }
  }
  const whole = String.fromCodePoint(source.codePointAt(start) as number);
  throw new ExpressionError('UNEXPECTED_CHARACTER', column, { character: show(whole) });
}

function readText(source: string, start: number, quote: string): { token: Token; next: number } {
  const parts: string[] = [];
  let at = start + 1;
  for (;;) {
    const length = lengthAt(textStep, source, at);
    if (length > 0) parts.push(source.slice(at, at + length));
    at += length;
    const character = source[at];
    if (character === undefined) throw new ExpressionError('UNTERMINATED_TEXT', start + 1, { quote });
    if (character === quote) break;
    if (character !== '\\') {
      parts.push(character);
      at += 1;
      continue;
    }
    const escaped = source[at + 1];
    if (escaped === undefined) throw new ExpressionError('UNTERMINATED_TEXT', start + 1, { quote });
    const meaning = Object.hasOwn(escapes, escaped) ? escapes[escaped] : undefined;
    if (meaning === undefined) throw new ExpressionError('UNKNOWN_ESCAPE', at + 1, { escape: show(`\\${escaped}`) });
    parts.push(meaning);
    at += 2;
  }
  const text = source.slice(start, at + 1);
  return { token: { type: 'text', value: parts.join(''), column: start + 1, text }, next: at + 1 };
}

function lengthAt(shape: RegExp, source: string, offset: number): number {
  shape.lastIndex = offset;
  return shape.test(source) ? shape.lastIndex - offset : 0;
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9';
}
