import { binaryOperators, conditionalPrecedence, primaryPrecedence, unaryPrecedence } from './grammar';
import type { Expression } from './syntax';

/**
 * Writes an expression as text with the fewest parentheses. Parsing that text gives the same expression again, but for the
 * columns. Spaces around operators; `=` becomes `==`, numbers become decimal, text gets double quotes.
 */
export function printExpression(expression: Expression): string {
  return print(expression, conditionalPrecedence);
}

/** `lowest` is the loosest binding that may stand here without parentheses. */
function print(expression: Expression, lowest: number): string {
  const tail: string[] = [];
  let node = expression;
  let needed = lowest;
  let head = '';
  // Along the left edge in a loop: chains may be thousands long.
  for (;;) {
    if (precedenceOf(node) < needed) {
      head += '(';
      tail.push(')');
    }
    if (node.type === 'binary') {
      const { precedence } = binaryOperators[node.operator];
      tail.push(` ${node.operator} ${print(node.right, precedence + 1)}`);
      needed = precedence;
      node = node.left;
    } else if (node.type === 'member') {
      tail.push(`[${print(node.index, conditionalPrecedence)}]`);
      needed = primaryPrecedence;
      node = node.object;
    } else if (node.type === 'conditional') {
      const yes = print(node.yes, conditionalPrecedence);
      tail.push(` ? ${yes} : ${print(node.no, conditionalPrecedence)}`);
      needed = conditionalPrecedence + 1;
      node = node.test;
    } else {
      return head + printAtom(node) + tail.reverse().join('');
    }
  }
}

function printAtom(node: Exclude<Expression, { type: 'binary' | 'member' | 'conditional' }>): string {
  switch (node.type) {
    case 'reference':
      return node.safe ? `$${node.name}` : node.name;
    case 'unary': {
      const operand = print(node.operand, unaryPrecedence);
      // `! ~x`: without the space the two would read as the operator !~.
      return `${node.operator}${operand.startsWith('~') ? ' ' : ''}${operand}`;
    }
    case 'call':
      return `${node.name}(${node.arguments.map((part) => print(part, conditionalPrecedence)).join(', ')})`;
    default:
      return typeof node.value === 'string' ? quote(node.value) : String(node.value);
  }
}

function precedenceOf(node: Expression): number {
  switch (node.type) {
    case 'binary':
      return binaryOperators[node.operator].precedence;
    case 'conditional':
      return conditionalPrecedence;
    case 'unary':
      return unaryPrecedence;
    default:
      return primaryPrecedence;
  }
}

const escapes: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function quote(text: string): string {
  return `"${text.replace(/["\\\n\r\t]/g, (character) => escapes[character] as string)}"`;
}
