import { defaultAssumptions, type Assumptions } from './assumptions';
import { ExpressionError, show } from './expression-error';
import { findFunction } from './functions';
import { aliases, binaryOperators, isBinaryToken, isUnaryToken, type BinaryToken } from './grammar';
import { readToken, type Token } from './lexer';
import type { Call, Expression } from './syntax';

export interface ParseOptions {
  /** Longest text, in characters. */
  readonly length?: number;
  /** Deepest nesting of parentheses, brackets, calls and operators; 500 at most, because it bounds the stack that is needed. */
  readonly depth?: number;
  /** Takes calls of functions that are not on the list: flespi's own list is longer than what its pages tell. */
  readonly anyFunction?: boolean;
  readonly assumptions?: Partial<Assumptions>;
}

export const defaultLimits = { length: 65_536, depth: 200 } as const;
const deepest = 500;

/** Parses an expression. Throws {@link ExpressionError} with the column for everything that is not one, in linear time. */
export function parseExpression(text: string, options: ParseOptions = {}): Expression {
  const length = options.length ?? defaultLimits.length;
  if (text.length > length) throw new ExpressionError('TOO_LONG', length + 1, { limit: length });
  const assumptions = { ...defaultAssumptions, ...options.assumptions };
  const depth = Math.min(options.depth ?? defaultLimits.depth, deepest);
  return new Parser(text, depth, options.anyFunction ?? false, assumptions).parse();
}

/** Precedence climbing over one token of look-ahead. */
class Parser {
  readonly #source: string;
  readonly #maxDepth: number;
  readonly #anyFunction: boolean;
  readonly #assumptions: Assumptions;
  /** Where the token after `#token` starts. */
  #next = 0;
  #token: Token;
  #depth = 0;

  constructor(source: string, maxDepth: number, anyFunction: boolean, assumptions: Assumptions) {
    this.#source = source;
    this.#maxDepth = maxDepth;
    this.#anyFunction = anyFunction;
    this.#assumptions = assumptions;
    this.#token = this.#advance();
  }

  parse(): Expression {
    if (this.#atEnd()) throw new ExpressionError('EMPTY', 1);
    const expression = this.#conditional();
    if (!this.#atEnd()) throw this.#unexpected('an operator or the end');
    return expression;
  }

  #conditional(): Expression {
    this.#deeper();
    const test = this.#binary(0);
    const { column } = this.#token;
    let result = test;
    if (this.#accept('?')) {
      const yes = this.#conditional();
      this.#expect(':');
      result = { type: 'conditional', test, yes, no: this.#conditional(), column };
    }
    this.#depth -= 1;
    return result;
  }

  #binary(lowest: number): Expression {
    let left = this.#unary();
    for (;;) {
      const operator = this.#binaryToken();
      if (operator === undefined) return left;
      const { precedence } = binaryOperators[operator];
      if (precedence < lowest) return left;
      const { column } = this.#token;
      this.#advance();
      this.#deeper();
      left = { type: 'binary', operator, left, right: this.#binary(precedence + 1), column };
      this.#depth -= 1;
    }
  }

  #binaryToken(): BinaryToken | undefined {
    if (this.#token.type !== 'sign') return undefined;
    const sign = this.#token.value;
    if (Object.hasOwn(aliases, sign)) return aliases[sign];
    return isBinaryToken(sign) ? sign : undefined;
  }

  #unary(): Expression {
    const { type, value, column } = this.#token;
    if (type !== 'sign' || !isUnaryToken(value)) return this.#postfix();
    this.#advance();
    this.#deeper();
    const operand = this.#unary();
    this.#depth -= 1;
    return { type: 'unary', operator: value, operand, column };
  }

  #postfix(): Expression {
    let object = this.#primary();
    for (;;) {
      const { column } = this.#token;
      if (!this.#accept('[')) return object;
      const index = this.#conditional();
      this.#expect(']');
      object = { type: 'member', object, index, column };
    }
  }

  #primary(): Expression {
    const token = this.#token;
    const { column } = token;
    switch (token.type) {
      case 'number':
      case 'text':
        this.#advance();
        return { type: 'literal', value: token.value, column };
      case 'name':
        this.#advance();
        return this.#accept('(') ? this.#call(token.value, column) : named(token.value, column);
      case 'sign':
        if (this.#accept('(')) return this.#parenthesised();
        if (this.#accept('$')) return this.#safeReference(column);
    }
    throw this.#unexpected('a value');
  }

  #parenthesised(): Expression {
    const inner = this.#conditional();
    this.#expect(')');
    return inner;
  }

  #safeReference(column: number): Expression {
    const token = this.#token;
    if (token.type !== 'name') throw this.#unexpected('a parameter name');
    this.#advance();
    return { type: 'reference', name: token.value, safe: true, column };
  }

  #call(name: string, column: number): Call {
    const definition = findFunction(name, this.#assumptions);
    if (definition === undefined && !this.#anyFunction) {
      throw new ExpressionError('UNKNOWN_FUNCTION', column, { name: cut(name) });
    }
    const given: Expression[] = [];
    if (!this.#accept(')')) {
      do given.push(this.#conditional());
      while (this.#accept(','));
      this.#expect(')');
    }
    if (definition === undefined) return { type: 'call', name, arguments: given, column };
    const { min, max } = definition.arguments;
    const accepted = definition.counts?.accept(given.length) ?? (given.length >= min && given.length <= max);
    if (!accepted) {
      const wanted = definition.counts?.wanted ?? countOf(min, max);
      throw new ExpressionError('ARGUMENT_COUNT', column, { name, wanted, given: given.length });
    }
    return { type: 'call', name, arguments: given, column };
  }

  #advance(): Token {
    const { token, next } = readToken(this.#source, this.#next);
    this.#next = next;
    this.#token = token;
    return token;
  }

  #atEnd(): boolean {
    return this.#token.type === 'end';
  }

  #accept(sign: string): boolean {
    if (this.#token.type !== 'sign' || this.#token.value !== sign) return false;
    this.#advance();
    return true;
  }

  #expect(sign: string): void {
    if (!this.#accept(sign)) throw this.#unexpected(show(sign));
  }

  #deeper(): void {
    this.#depth += 1;
    if (this.#depth > this.#maxDepth) {
      throw new ExpressionError('TOO_DEEP', this.#token.column, { limit: this.#maxDepth });
    }
  }

  #unexpected(expected: string): ExpressionError {
    const { type, column, text } = this.#token;
    if (type === 'end') return new ExpressionError('UNEXPECTED_END', column, { expected });
    return new ExpressionError('UNEXPECTED_TOKEN', column, { expected, found: show(text) });
  }
}

const words: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };

function named(name: string, column: number): Expression {
  const word = Object.hasOwn(words, name) ? words[name] : undefined;
  return word === undefined
    ? { type: 'reference', name, safe: false, column }
    : { type: 'literal', value: word, column };
}

function cut(name: string): string {
  return name.length > 40 ? `${name.slice(0, 40)}...` : name;
}

function countOf(min: number, max: number): string {
  if (max === 0) return 'no arguments';
  const range = min === max ? `${min}` : `${min} to ${max}`;
  return `${range} ${max === 1 ? 'argument' : 'arguments'}`;
}
