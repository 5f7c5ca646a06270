import type { Assumptions } from './assumptions';
import { Failure } from './expression-error';
import { asNumber, parseNumber, typeOf, type Value } from './value';

/** What operators do. All of them take values, give a value, and return a {@link Failure} rather than throw. */
export type Result = Value | Failure;

/** Yes or no: everything but 0, false, null and (by assumption) empty text is true (flespi KB "Expressions in flespi"). */
export function truth(value: Value, assumptions: Assumptions, where: string): boolean | Failure {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'number':
      // NaN, which no JSON holds but a scope could hand out, is no yes.
      return value !== 0 && !Number.isNaN(value);
    case 'string':
      return value !== '' || assumptions.emptyTextIsTrue;
    default:
      if (value === null) return false;
      return assumptions.jsonIsTrue || new Failure('TYPE', { where, wanted: 'yes or no', given: typeOf(value) });
  }
}

export function arithmetic(where: string, calculate: (left: number, right: number) => number) {
  return (left: Value, right: Value): Result => {
    const a = asNumber(left);
    const b = asNumber(right);
    return a === undefined || b === undefined ? mismatch(where, left, right) : finite(calculate(a, b), where);
  };
}

export function add(left: Value, right: Value, assumptions: Assumptions): Result {
  if (typeof left === 'string' && typeof right === 'string' && assumptions.textConcatenation) return left + right;
  return addNumbers(left, right);
}
const addNumbers = arithmetic('+', (left, right) => left + right);

/** `/` and `%`, where a right side of 0 is an error (flespi KB "Expressions in flespi"). */
export function division(where: string, calculate: (left: number, right: number) => number) {
  const divide = arithmetic(where, calculate);
  return (left: Value, right: Value): Result =>
    asNumber(right) === 0 && asNumber(left) !== undefined ? new Failure('DIVISION_BY_ZERO') : divide(left, right);
}

/**
 * Bit operators as C has them on 64-bit integers. JavaScript's own work on 32 bits, which serves most calls; the others
 * take the longer way over BigInt.
 */
function bitwise(
  where: string,
  short: (left: number, right: number) => number,
  long: (left: bigint, right: bigint) => bigint,
) {
  return (left: Value, right: Value): Result => {
    const a = asNumber(left);
    const b = asNumber(right);
    if (a === undefined || b === undefined) return mismatch(where, left, right);
    if ((a | 0) === a && (b | 0) === b) return short(a, b);
    if (!Number.isFinite(a) || !Number.isFinite(b)) return new Failure('NUMBER_RANGE', { where });
    return Number(BigInt.asIntN(64, long(BigInt(Math.trunc(a)), BigInt(Math.trunc(b)))));
  };
}

export function shift(where: string, move: (value: bigint, by: bigint) => bigint) {
  const shiftBits = bitwise(where, (left, right) => Number(BigInt.asIntN(64, move(BigInt(left), BigInt(right)))), move);
  return (left: Value, right: Value): Result => {
    const by = asNumber(right);
    // Unbounded, `1 << 1e9` would ask for a number of a billion bits.
    if (by !== undefined && !(by >= 0 && by < 64)) return new Failure('NUMBER_RANGE', { where });
    return shiftBits(left, right);
  };
}

export const bitAnd = bitwise(
  '&',
  (left, right) => left & right,
  (left, right) => left & right,
);
export const bitOr = bitwise(
  '|',
  (left, right) => left | right,
  (left, right) => left | right,
);
export const bitXor = bitwise(
  '^',
  (left, right) => left ^ right,
  (left, right) => left ^ right,
);

export function equals(left: Value, right: Value, assumptions: Assumptions): boolean | Failure {
  return elementwise('==', left, right, assumptions, equalScalars);
}

/** `<`, `<=`, `>`, `>=`: `accept` gets a negative number, 0 or a positive one for less, equal, greater. */
export function ordering(where: string, accept: (order: number) => boolean) {
  const compare: Comparison = (left, right, assumptions) => {
    if (typeof left === 'string' && typeof right === 'string') {
      return accept(left < right ? -1 : left > right ? 1 : 0);
    }
    const a = comparable(left, assumptions);
    const b = comparable(right, assumptions);
    if (a === undefined || b === undefined) return mismatch(where, left, right);
    return accept(a < b ? -1 : a > b ? 1 : a === b ? 0 : NaN);
  };
  return (left: Value, right: Value, assumptions: Assumptions): boolean | Failure =>
    elementwise(where, left, right, assumptions, compare);
}

/** A value against a prepared pattern, for `~` and for `==` with a constant that has wildcards. */
export function fits(where: string, value: Value, test: (text: string) => boolean, assumptions: Assumptions) {
  if (typeof value === 'string') return test(value);
  if (value === null) return false;
  if (Array.isArray(value) && assumptions.anyElement) {
    return value.some((element: Value) => typeof element === 'string' && test(element));
  }
  return new Failure('TYPE', { where, wanted: 'string', given: typeOf(value) });
}

type Comparison = (left: Value, right: Value, assumptions: Assumptions) => boolean | Failure;

function equalScalars(left: Value, right: Value, assumptions: Assumptions): boolean | Failure {
  if (typeof left === 'string' && typeof right === 'string') {
    return assumptions.caseSensitive ? left === right : left.toLowerCase() === right.toLowerCase();
  }
  const a = comparable(left, assumptions);
  const b = comparable(right, assumptions);
  if (a !== undefined && b !== undefined) return a === b;
  // "Is there anything?" is a question to ask of text and JSON too.
  if (left === null || right === null) return false;
  return mismatch('==', left, right);
}

function elementwise(where: string, left: Value, right: Value, assumptions: Assumptions, compare: Comparison) {
  const several = Array.isArray(left) ? left : Array.isArray(right) ? right : undefined;
  if (several === undefined) return compare(left, right, assumptions);
  // Every element with every other would be slow work for anybody who asks for it.
  if (!assumptions.anyElement || (Array.isArray(left) && Array.isArray(right))) return mismatch(where, left, right);
  return several.some(
    (element: Value) =>
      (several === left ? compare(element, right, assumptions) : compare(left, element, assumptions)) === true,
  );
}

function comparable(value: Value, assumptions: Assumptions): number | undefined {
  return typeof value === 'string' ? (assumptions.numericText ? parseNumber(value) : undefined) : asNumber(value);
}

export function finite(value: number, where: string): Result {
  // `+ 0` turns -0, which prints as 0 but is not the same to every reader, into 0.
  return Number.isFinite(value) ? value + 0 : new Failure('NUMBER_RANGE', { where });
}

function mismatch(where: string, left: Value, right: Value): Failure {
  return new Failure('TYPES', { where, left: typeOf(left), right: typeOf(right) });
}
