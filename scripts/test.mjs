// npm test [-- WORD ...]: builds, runs every suite (or the test files whose path contains one of the words), adds up.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installDebianPackages } from './debian-packages.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const words = process.argv.slice(2);

/** Each in a process of its own: the Node-RED test helper changes Object.prototype, and a crash must not hide the rest. */
const suites = ['protocol', 'sandbox', 'nodes', 'package', 'browser'];
const suiteSeconds = 420;

const node = (...args) => spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });

if (node('scripts/build.mjs').status !== 0) {
  console.log('The build failed; no test was run.');
  process.exit(1);
}
const missing = installDebianPackages();

const files = (folder) =>
  readdirSync(join(root, 'test', folder), { recursive: true })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join('test', folder, file))
    .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
    .sort();

const scratch = mkdtempSync(join(tmpdir(), 'flespi-test-'));
const sum = { passed: 0, failed: 0, skipped: 0 };
for (const suite of suites.filter((folder) => existsSync(join(root, 'test', folder)))) {
  const specs = files(suite);
  if (specs.length === 0) continue;
  console.log(`\n== ${suite}`);
  const counts = join(scratch, `${suite}.json`);
  const began = Date.now();
  const run = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/mocha/bin/mocha.js'),
      '--no-config',
      '--require=tsx',
      '--timeout=15000',
      '--forbid-only',
      `--reporter=${join(root, 'scripts/counting-reporter.cjs')}`,
      `--reporter-option=counts=${counts}`,
      ...specs.map((file) => relative(root, join(root, file))),
    ],
    {
      cwd: root,
      stdio: 'inherit',
      timeout: suiteSeconds * 1000,
      killSignal: 'SIGKILL',
      env: { ...process.env, FLESPI_TEST_WITHOUT: missing.join(',') },
    },
  );
  let result = { passed: 0, failed: 0, skipped: 0 };
  try {
    result = JSON.parse(readFileSync(counts, 'utf8'));
  } catch {
    result.failed = 1;
    console.log(`The suite ${suite} did not finish (${run.error?.message ?? `exit ${run.status ?? run.signal}`}).`);
  }
  if (run.status !== 0 && result.failed === 0) {
    result.failed = 1;
    console.log(
      `The suite ${suite} ended badly although its tests passed (exit ${run.status ?? run.signal}): something was left open or thrown.`,
    );
  }
  console.log(
    `== ${suite}: ${result.passed} of ${result.passed + result.failed + result.skipped} in ${Math.round((Date.now() - began) / 1000)} s`,
  );
  for (const key of Object.keys(sum)) sum[key] += result[key];
}
rmSync(scratch, { recursive: true, force: true });

if (sum.passed + sum.failed === 0)
  console.log(`No test file has ${words.map((word) => `"${word}"`).join(' or ')} in its path.`);
console.log(`\n${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exitCode = sum.failed === 0 && sum.passed > 0 ? 0 : 1;
