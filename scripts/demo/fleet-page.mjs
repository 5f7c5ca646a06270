import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));

/** The page as one HTML text: fleet-page.html with the style and the script of page/ inside. */
export async function fleetPage() {
  const [html, css, bundle] = await Promise.all([
    readFile(join(here, 'fleet-page.html'), 'utf8'),
    readFile(join(here, 'page', 'page.css'), 'utf8'),
    build({
      entryPoints: [join(here, 'page', 'main.mjs')],
      bundle: true,
      format: 'iife',
      target: 'es2022',
      charset: 'utf8',
      write: false,
      legalComments: 'none',
    }),
  ]);
  return html
    .replace('/* page.css */', () => indent(css, 6))
    .replace('// main.mjs', () => indent(bundle.outputFiles[0].text.replace(/^ *\/\/ scripts\/.*\n/gm, ''), 6));
}

function indent(text, spaces) {
  return text
    .trim()
    .split('\n')
    .map((line, index) => (line && index > 0 ? ' '.repeat(spaces) + line : line))
    .join('\n');
}
