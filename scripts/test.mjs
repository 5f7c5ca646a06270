// npm test [-- WORD ...]: builds, runs every suite (or the test files whose path contains one of the words), adds up.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installDebianPackages } from './debian-packages.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const words = process.argv.slice(2);

/**
 * Each suite in a process of its own: the Node-RED test helper changes Object.prototype, and a crash must not hide the rest. Two
 * lanes beside each other, because the second mostly waits for browsers and for Node-RED to start.
 */
const lanes = [
  ['protocol', 'sandbox', 'nodes'],
  ['browser', 'package'],
];
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

async function runLane(suites) {
  for (const suite of suites) {
    const specs = existsSync(join(root, 'test', suite)) ? files(suite) : [];
    if (specs.length > 0) await runSuite(suite, specs);
  }
}

/** What a suite says comes in one piece when it has ended: the suites of the other lane have their say in between. */
async function runSuite(suite, specs) {
  console.log(`== ${suite}: ${specs.length} files ...`);
  const counts = join(scratch, `${suite}.json`);
  const began = Date.now();
  const { said, status, how } = await mocha(counts, specs);
  let result = { passed: 0, failed: 0, skipped: 0 };
  let verdict = '';
  try {
    result = JSON.parse(readFileSync(counts, 'utf8'));
  } catch {
    result.failed = 1;
    verdict = `The suite ${suite} did not finish (${how}).\n`;
  }
  if (status !== 0 && result.failed === 0) {
    result.failed = 1;
    verdict = `The suite ${suite} ended badly although its tests passed (${how}): something was left open or thrown.\n`;
  }
  const all = result.passed + result.failed + result.skipped;
  const seconds = Math.round((Date.now() - began) / 1000);
  console.log(`\n== ${suite}\n${said}${verdict}== ${suite}: ${result.passed} of ${all} in ${seconds} s\n`);
  for (const key of Object.keys(sum)) sum[key] += result[key];
}

function mocha(counts, specs) {
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      [
        join(root, 'node_modules/mocha/bin/mocha.js'),
        '--no-config',
        '--require=tsx',
        // Twice what the slowest takes alone: the other lane wants its share.
        '--timeout=30000',
        '--forbid-only',
        `--reporter=${join(root, 'scripts/counting-reporter.cjs')}`,
        `--reporter-option=counts=${counts}`,
        ...(process.stdout.isTTY ? ['--colors'] : []),
        ...specs,
      ],
      {
        cwd: root,
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: suiteSeconds * 1000,
        killSignal: 'SIGKILL',
        env: { ...process.env, FLESPI_TEST_WITHOUT: missing.join(',') },
      },
    );
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
    child.on('error', (error) => resolve({ said, status: 1, how: error.message }));
    child.on('close', (status, signal) => resolve({ said, status, how: `exit ${status ?? signal}` }));
  });
}

await Promise.all(lanes.map(runLane));
rmSync(scratch, { recursive: true, force: true });

if (sum.passed + sum.failed === 0)
  console.log(`No test file has ${words.map((word) => `"${word}"`).join(' or ')} in its path.`);
console.log(`\n${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exitCode = sum.failed === 0 && sum.passed > 0 ? 0 : 1;
