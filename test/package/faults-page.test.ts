import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');

/** Numbers of faults in a text: C1 to C25, and so on. */
const numbersIn = (text: string): string[] => [...text.matchAll(/\b[CSPX][1-9]\d?\b/g)].map(([number]) => number);

/** `C15 to C17` names three. */
const spelledOut = (text: string): string =>
  text.replace(/\b([CSPX])(\d+) to \1(\d+)\b/g, (_, group: string, from: string, to: string) =>
    Array.from({ length: Number(to) - Number(from) + 1 }, (__, index) => `${group}${Number(from) + index}`).join(' '),
  );

it('docs/faults.md names the faults that the tests are about, and no others', () => {
  const page = readFileSync(join(root, 'docs', 'faults.md'), 'utf8');
  const described = [...page.matchAll(/^\| ([CSPX]\d+) /gm)].map(([, number = '']) => number);
  const tested = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.includes('faults-page'))
    .flatMap((file) => readFileSync(join(root, 'test', file), 'utf8').split('\n'))
    // Where a fault's number stands: in brackets, or after the word.
    .filter((line) => /\([^)]*\b[CSPX]\d+\b[^)]*\)|[Rr]ows? [CSPX]\d/.test(line))
    .flatMap((line) => numbersIn(spelledOut(line)));
  const sorted = (numbers: readonly string[]): string[] => [...new Set(numbers)].toSorted();
  assert.deepEqual(sorted(described), sorted(tested));
});
