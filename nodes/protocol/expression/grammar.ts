import type { Assumptions } from './assumptions';
import { Failure } from './expression-error';
import {
  add,
  arithmetic,
  bitAnd,
  bitOr,
  bitXor,
  division,
  equals,
  finite,
  ordering,
  shift,
  truth,
  type Result,
} from './operations';
import { asNumber, typeOf, type Value } from './value';

/**
 * The operators, as data: the lexer takes its tokens from here, the parser precedence, the evaluator meaning, the printer
 * its brackets. C's operators with C's precedence (flespi KB "Expressions in flespi"); a higher number binds tighter. All binary
 * operators group to the left.
 */
export interface BinaryOperator {
  readonly precedence: number;
  readonly evaluate: (left: Value, right: Value, assumptions: Assumptions) => Result;
  /** `&&` and `||`: the left value that settles it, so that the right side is not looked at. */
  readonly settledBy?: boolean;
  /**
   * Text on the right is a pattern with `*` and `?`: always, or only where it stands in the expression itself (then the
   * left side may be the constant as well). The evaluator prepares constants once and skips `evaluate` for them.
   */
  readonly pattern?: 'always' | 'constant';
  /** `!=` and `!~`: the opposite of what the pattern test says. */
  readonly negated?: boolean;
}

/** Precedence of `? :`, below all operators. */
export const conditionalPrecedence = 0;
/** Precedence of `-x`, above all binary operators. */
export const unaryPrecedence = 11;
/** Precedence of names, calls, brackets and literals, which never need parentheses. */
export const primaryPrecedence = 12;

const opposite = (result: boolean | Failure): Result => (typeof result === 'boolean' ? !result : result);

const binary = {
  '*': { precedence: 10, evaluate: arithmetic('*', (left, right) => left * right) },
  '/': { precedence: 10, evaluate: division('/', (left, right) => left / right) },
  '%': { precedence: 10, evaluate: division('%', (left, right) => left % right) },
  '+': { precedence: 9, evaluate: add },
  '-': { precedence: 9, evaluate: arithmetic('-', (left, right) => left - right) },
  '<<': { precedence: 8, evaluate: shift('<<', (value, by) => value << by) },
  '>>': { precedence: 8, evaluate: shift('>>', (value, by) => value >> by) },
  '<': { precedence: 7, evaluate: ordering('<', (order) => order < 0) },
  '<=': { precedence: 7, evaluate: ordering('<=', (order) => order <= 0) },
  '>': { precedence: 7, evaluate: ordering('>', (order) => order > 0) },
  '>=': { precedence: 7, evaluate: ordering('>=', (order) => order >= 0) },
  '==': { precedence: 6, evaluate: equals, pattern: 'constant' },
  '!=': { precedence: 6, evaluate: (l, r, a) => opposite(equals(l, r, a)), pattern: 'constant', negated: true },
  '~': { precedence: 6, evaluate: noPattern('~'), pattern: 'always' },
  '!~': { precedence: 6, evaluate: noPattern('!~'), pattern: 'always', negated: true },
  '&': { precedence: 5, evaluate: bitAnd },
  '^': { precedence: 4, evaluate: bitXor },
  '|': { precedence: 3, evaluate: bitOr },
  '&&': { precedence: 2, evaluate: (_left, right, a) => truth(right, a, '&&'), settledBy: false },
  '||': { precedence: 1, evaluate: (_left, right, a) => truth(right, a, '||'), settledBy: true },
} as const satisfies Record<string, BinaryOperator>;

const unary = {
  '-': (value) => number('-', value, (x) => finite(-x, '-')),
  '+': (value) => number('+', value, (x) => x),
  '!': (value, assumptions) => opposite(truth(value, assumptions, '!')),
  // The same as -x - 1 in two's complement, and that also holds beyond 32 bits.
  '~': (value) => number('~', value, (x) => finite(-Math.trunc(x) - 1, '~')),
} as const satisfies Record<string, UnaryOperator>;

export type UnaryOperator = (value: Value, assumptions: Assumptions) => Result;
export type BinaryToken = keyof typeof binary;
export type UnaryToken = keyof typeof unary;

export const binaryOperators: Readonly<Record<BinaryToken, BinaryOperator>> = binary;
export const unaryOperators: Readonly<Record<UnaryToken, UnaryOperator>> = unary;

/** Other spellings. One `=` is in flespi's own examples: `{cid=123 || cid=456}`. */
export const aliases: Readonly<Record<string, BinaryToken>> = { '=': '==' };

/** Everything the lexer takes for one token that is not a literal or a name. */
export const punctuation: ReadonlySet<string> = new Set([
  ...Object.keys(binary),
  ...Object.keys(unary),
  ...Object.keys(aliases),
  '(',
  ')',
  '[',
  ']',
  ',',
  '?',
  ':',
  '$',
]);

export function isBinaryToken(token: string): token is BinaryToken {
  return Object.hasOwn(binary, token);
}

export function isUnaryToken(token: string): token is UnaryToken {
  return Object.hasOwn(unary, token);
}

function number(where: string, value: Value, calculate: (value: number) => Result): Result {
  const operand = asNumber(value);
  return operand === undefined
    ? new Failure('TYPE', { where, wanted: 'number', given: typeOf(value) })
    : calculate(operand);
}

/** `~` with something other than text on its right. */
function noPattern(where: string) {
  return (_left: Value, right: Value): Result =>
    new Failure('TYPE', { where: `The right side of ${where}`, wanted: 'string', given: typeOf(right) });
}
