/** Why an expression is refused (the first group) or gives no value for an input (the second). Stable: texts may change. */
export type ExpressionErrorCode =
  | 'EMPTY'
  | 'TOO_LONG'
  | 'TOO_DEEP'
  | 'UNEXPECTED_CHARACTER'
  | 'UNEXPECTED_TOKEN'
  | 'UNEXPECTED_END'
  | 'UNTERMINATED_TEXT'
  | 'UNKNOWN_ESCAPE'
  | 'BAD_NUMBER'
  | 'BAD_NAME'
  | 'UNKNOWN_FUNCTION'
  | 'ARGUMENT_COUNT'
  | EvaluationErrorCode;

export type EvaluationErrorCode =
  | 'MISSING'
  | 'TYPE'
  | 'TYPES'
  | 'DIVISION_BY_ZERO'
  | 'NUMBER_RANGE'
  | 'NOT_A_NUMBER'
  | 'NOT_A_BOOLEAN'
  | 'PATTERN_TOO_LONG'
  | 'UNKNOWN_TIMEZONE'
  | 'NO_PREVIOUS'
  | 'NO_GEOFENCES'
  | 'FORCED'
  | 'INTERNAL';

export type ErrorParams = Readonly<Record<string, string | number>>;

/** One sentence a code, without the place; the place is the error's `column`. */
const reasons: Readonly<Record<ExpressionErrorCode, (params: ErrorParams) => string>> = {
  EMPTY: () => 'The expression is empty',
  TOO_LONG: ({ limit }) => `The expression is longer than ${limit} characters`,
  TOO_DEEP: ({ limit }) => `The expression is nested more than ${limit} levels deep`,
  UNEXPECTED_CHARACTER: ({ character }) => `Unexpected character ${character}`,
  UNEXPECTED_TOKEN: ({ expected, found }) => `Expected ${expected}, found ${found}`,
  UNEXPECTED_END: ({ expected }) => `Expected ${expected}, but the expression ends`,
  UNTERMINATED_TEXT: ({ quote }) => `The text that starts here has no closing ${quote}`,
  UNKNOWN_ESCAPE: ({ escape }) => `Unknown escape ${escape} in a text`,
  BAD_NUMBER: ({ text }) => `${text} is not a number`,
  BAD_NAME: ({ text }) => `${text} is not a parameter name`,
  UNKNOWN_FUNCTION: ({ name }) => `There is no function ${name}()`,
  ARGUMENT_COUNT: ({ name, wanted, given }) => `${name}() takes ${wanted}, got ${given}`,
  MISSING: ({ name }) => `There is no parameter ${name}`,
  TYPE: ({ where, wanted, given }) => `${where} needs ${wanted}, got ${given}`,
  TYPES: ({ where, left, right }) => `${where} cannot work on ${left} and ${right}`,
  DIVISION_BY_ZERO: () => 'Division by zero',
  NUMBER_RANGE: ({ where }) => `The result of ${where} is out of range`,
  NOT_A_NUMBER: ({ text }) => `${text} is not a number`,
  NOT_A_BOOLEAN: ({ text }) => `${text} is neither true nor false`,
  PATTERN_TOO_LONG: ({ limit }) => `The pattern is longer than ${limit} characters`,
  UNKNOWN_TIMEZONE: ({ timezone }) => `There is no time zone ${timezone}`,
  NO_PREVIOUS: ({ where }) => `${where} needs a previous message`,
  NO_GEOFENCES: ({ where }) => `${where} needs geofences`,
  FORCED: () => 'error() was called',
  INTERNAL: () => 'The value could not be calculated',
};

/** All codes, for whoever translates them. */
export const expressionErrorCodes = Object.keys(reasons) as readonly ExpressionErrorCode[];

/** An expression that cannot be used. `column` counts from 1; `params` hold what the sentence names, for translations. */
export class ExpressionError extends Error {
  override name = 'ExpressionError';
  readonly code: ExpressionErrorCode;
  readonly column: number;
  readonly params: ErrorParams;
  /** The message without the column: flespi's `{"column":5,"reason":"..."}`. */
  readonly reason: string;

  constructor(code: ExpressionErrorCode, column: number, params: ErrorParams = {}, options?: { cause?: unknown }) {
    const reason = reasons[code](params);
    super(`${reason} (column ${column})`, options);
    this.code = code;
    this.column = column;
    this.params = params;
    this.reason = reason;
  }
}

/** A well-formed expression that has no value for this input. In filters, selectors and validators that means false. */
export class EvaluationError extends ExpressionError {
  override name = 'EvaluationError';
  declare readonly code: EvaluationErrorCode;

  constructor(code: EvaluationErrorCode, column: number, params: ErrorParams = {}, options?: { cause?: unknown }) {
    super(code, column, params, options);
  }
}

/**
 * An evaluation error on its way out. A value rather than a throw: a selector over thousands of devices fails on most
 * of them, and a throw costs more than the whole evaluation.
 */
export class Failure {
  constructor(
    readonly code: EvaluationErrorCode,
    readonly params: ErrorParams = {},
    /** 0 until {@link at} sets it. */
    public column = 0,
  ) {}
}

/** Gives a failure its place: operators and functions do not know where they stand. */
export function at<T>(column: number, result: T | Failure): T | Failure {
  if (result instanceof Failure) result.column = column;
  return result;
}

/** Quotes and shortens what a person typed, so that no message grows with its input. */
export function show(text: string): string {
  const cut = text.length > 40 ? `${text.slice(0, 40)}...` : text;
  return JSON.stringify(cut);
}
