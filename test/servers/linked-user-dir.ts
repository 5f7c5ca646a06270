import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = join(__dirname, '..', '..');
const name = '@flespi-flows/node-red-contrib-flespi';

/** A new user directory that has this clone as its package, as `npm install <folder>` makes it. The caller removes it. */
export function linkedUserDir(): string {
  const userDir = mkdtempSync(join(tmpdir(), 'flespi-user-dir-'));
  const link = join(userDir, 'node_modules', name);
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(root, link, 'junction');
  writeFileSync(
    join(userDir, 'package.json'),
    JSON.stringify({ name: 'node-red-project', private: true, dependencies: { [name]: `file:${root}` } }),
  );
  return userDir;
}
