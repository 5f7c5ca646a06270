// npm run bench [-- WORD ...]: builds the package beside the tests and measures it next to its peers.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildTo } from './build.mjs';
import { installDebianPackages } from './debian-packages.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// Inside the clone, where the built nodes find their dependencies; apart from dist, which may be in use.
const dist = join(root, '.cache', 'bench-dist');

try {
  await buildTo(dist);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const missing = installDebianPackages(['mosquitto']).join(',');
const { status } = spawnSync(
  process.execPath,
  ['--import', 'tsx', join(root, 'test', 'bench', 'run.ts'), ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit', env: { ...process.env, BENCH_DIST: dist, FLESPI_TEST_WITHOUT: missing } },
);
process.exit(status ?? 1);
