import type { BinaryToken, UnaryToken } from './grammar';

/**
 * A parsed expression: plain data. Every node has the 1-based `column` where it is best pointed at: its first character, or
 * its operator's. Chains such as `a || b || c` and `a[0][1]` lean left and may be thousands long, so follow `left` and
 * `object` in a loop, never by recursion; everything else is at most as deep as the parser's limit.
 */
export type Expression = Literal | Reference | Member | Unary | Binary | Conditional | Call;

export interface Literal {
  readonly type: 'literal';
  readonly value: number | string | boolean | null;
  readonly column: number;
}

/** `position.speed`, or with `safe` `$position.speed`, which is null where the plain form is an error. */
export interface Reference {
  readonly type: 'reference';
  readonly name: string;
  readonly safe: boolean;
  readonly column: number;
}

/** `topics[1]`, `user_properties["name"]`, `ble.beacons['/0/id']`. */
export interface Member {
  readonly type: 'member';
  readonly object: Expression;
  readonly index: Expression;
  readonly column: number;
}

export interface Unary {
  readonly type: 'unary';
  readonly operator: UnaryToken;
  readonly operand: Expression;
  readonly column: number;
}

export interface Binary {
  readonly type: 'binary';
  readonly operator: BinaryToken;
  readonly left: Expression;
  readonly right: Expression;
  readonly column: number;
}

/** `test ? yes : no`. The usual form is the function `if(test, yes, no)`, which is a call. */
export interface Conditional {
  readonly type: 'conditional';
  readonly test: Expression;
  readonly yes: Expression;
  readonly no: Expression;
  readonly column: number;
}

export interface Call {
  readonly type: 'call';
  readonly name: string;
  readonly arguments: readonly Expression[];
  readonly column: number;
}

/** Visits every node once, in the order of the text, without recursion. */
export function walk(expression: Expression, visit: (node: Expression) => void): void {
  const waiting: Expression[] = [expression];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    visit(node);
    const parts = children(node);
    for (let index = parts.length - 1; index >= 0; index -= 1) waiting.push(parts[index] as Expression);
  }
}

function children(node: Expression): readonly Expression[] {
  switch (node.type) {
    case 'member':
      return [node.object, node.index];
    case 'unary':
      return [node.operand];
    case 'binary':
      return [node.left, node.right];
    case 'conditional':
      return [node.test, node.yes, node.no];
    case 'call':
      return node.arguments;
    default:
      return [];
  }
}
