// Writes examples/demo.json from the page and the functions in this folder: node scripts/demo/build-demo-flow.mjs
// A test compares the two, so that the example never lags behind.
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { demoExample } from './demo-example.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
await writeFile(join(root, 'examples', 'demo.json'), await demoExample());
