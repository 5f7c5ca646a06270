// dist/ as Node-RED wants it: one flat folder with the emitted js, and beside it the html, icons and locales.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const nodes = join(root, 'nodes');
const { name } = createRequire(import.meta.url)('../package.json');

/** `<!-- include editor/call-form.html -->` puts a shared part of a form in; `shared:` stands for the catalogue that all forms share. */
const complete = (html) =>
  html
    .replace(/^ *(?:<!--|\/\*) include (\S+) (?:-->|\*\/)$/gm, (_, file) =>
      readFileSync(join(nodes, file), 'utf8').trimEnd(),
    )
    .replaceAll('shared:', `${name}/flespi-config:`);

async function form(file) {
  const editor = join(nodes, file.replace('.html', '.editor.mts'));
  const { outputFiles } = await build({
    entryPoints: [editor],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2020',
    charset: 'utf8',
    legalComments: 'none',
  });
  const script = outputFiles[0].text.replaceAll('</script', '<\\/script');
  return `${complete(readFileSync(join(nodes, file), 'utf8'))}\n<script type="text/javascript">\n${script}</script>\n`;
}

export async function buildTo(dist) {
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.json'), '--outDir', dist], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('The TypeScript compiler found mistakes; nothing was built.');
  const forms = readdirSync(nodes).filter((file) => /^flespi-.*\.html$/.test(file));
  await Promise.all(forms.map(async (file) => writeFileSync(join(dist, file), await form(file))));
  for (const folder of ['icons', 'locales']) cpSync(join(root, folder), join(dist, folder), { recursive: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await buildTo(resolve(root, process.argv[2] ?? 'dist'));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
