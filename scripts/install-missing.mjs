// Runs before every command of package.json, with nothing but Node.js: after it, node_modules is what package-lock.json says.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'node_modules', '.installed-from');

const [major] = process.versions.node.split('.').map(Number);
if (major < 20) {
  console.error(
    `This needs Node.js 20 or newer; this is ${process.versions.node}. Install a newer one from nodejs.org.`,
  );
  process.exit(1);
}

const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
const present = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';

if (present !== wanted) {
  console.error('Installing what is missing (npm ci) ...');
  // npm found beside the running Node.js or handed down by the npm that started us; a shell is needed on Windows only.
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    console.error(
      'npm ci did not succeed. Check the network or the npm registry settings, then run the command again.',
    );
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}
