import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench, Figure } from './figure';

/** Runs the benchmarks whose names contain one of the words; prints a table, and as its last line one JSON object. */
async function main(words: readonly string[]): Promise<void> {
  const files = readdirSync(__dirname).filter((file) => file.endsWith('.bench.ts'));
  const figures: Figure[] = [];
  let failed = false;
  for (const file of files.sort()) {
    const name = file.replace('.bench.ts', '');
    if (words.length > 0 && !words.some((word) => name.includes(word))) continue;
    console.log(`\n== ${name}`);
    try {
      const { default: bench } = (await import(join(__dirname, file))) as { default: Bench };
      const found = await bench.run();
      for (const { name: title, value, target, ok, note } of found)
        console.log(
          `${ok ? 'ok  ' : 'MISS'}  ${title.padEnd(62)} ${String(value).padStart(10)}  ${target.padEnd(8)} ${note}`,
        );
      figures.push(...found);
    } catch (error) {
      failed = true;
      console.log(
        `${name} could not be measured: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    }
  }
  console.log(`\n${JSON.stringify({ figures })}`);
  // A missed target is a result; only what could not be measured is a failure.
  process.exit(failed ? 1 : 0);
}

void main(process.argv.slice(2));
