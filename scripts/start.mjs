// npm start: the sandbox (a local flespi), and a Node-RED with this package and the demo flow, in a user directory inside the clone.
// PORT moves the editor; FLESPI_TOKEN uses the real platform instead of the sandbox.
import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { accountFor } from './demo/account-for.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const userDir = join(root, '.node-red');
const logFile = join(userDir, 'node-red.log');
const port = Number(process.env.PORT ?? 1880);
const ownToken = process.env.FLESPI_TOKEN?.trim();

/** Everything that was started, in order; ended in reverse. */
const children = [];
let stopping = false;

function fail(sentence) {
  console.error(sentence);
  void stop(1);
}

/** Ends every process that was started, and then this one. */
async function stop(code) {
  if (stopping) return;
  stopping = true;
  for (const child of children.toReversed()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await gone;
    clearTimeout(force);
  }
  process.exit(code);
}
process.on('SIGINT', () => void stop(0));
process.on('SIGTERM', () => void stop(0));

function start(name, args, options) {
  const child = spawn(process.execPath, args, { cwd: root, ...options });
  children.push(child);
  let lastWords = '';
  child.stderr.on('data', (chunk) => (lastWords = `${lastWords}${chunk}`.slice(-2_000)));
  child.once('exit', () => {
    if (!stopping) fail(lastWords.trim() || `${name} ended unexpectedly. ${logFile} may say why.`);
  });
  return child;
}

/** One sentence when the port cannot be had, before anything is started. */
async function checkPort() {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    return `PORT must be a number from 1 to 65535, not "${process.env.PORT}".`;
  }
  return await new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error) =>
      resolve(
        error.code === 'EADDRINUSE'
          ? `Port ${port} is already in use, perhaps by another Node-RED. Choose another one: PORT=${port === 1880 ? 1881 : port + 1} npm start`
          : `Port ${port} cannot be used (${error.code}). Choose another one: PORT=1881 npm start`,
      ),
    );
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(undefined)));
  });
}

async function startSandbox() {
  const child = start('The sandbox', ['--import', 'tsx', 'sandbox/main.ts', '--devices', '40', '--rate', '40'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line);
  return undefined;
}

/** The package where an installed user has it, as a link to this clone: what `npm install <folder>` makes. */
function linkPackage() {
  const { name } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const link = join(userDir, 'node_modules', name);
  mkdirSync(dirname(link), { recursive: true });
  rmSync(link, { recursive: true, force: true });
  symlinkSync(root, link, 'junction');
  writeFileSync(
    join(userDir, 'package.json'),
    JSON.stringify({ name: 'node-red-project', private: true, dependencies: { [name]: 'file:..' } }, null, 2),
  );
}

/**
 * The demo flow, with the account at today's addresses. What the user has made of it stays; what nobody touched follows the
 * demo of this version.
 */
function writeFlows(platform) {
  const flowFile = join(userDir, 'flows.json');
  const untouchedFile = join(userDir, 'demo-as-written.json');
  const demo = JSON.parse(readFileSync(join(root, 'examples', 'demo.json'), 'utf8'));
  const account = demo.find((node) => node.type === 'flespi-config');
  const present = existsSync(flowFile) ? JSON.parse(readFileSync(flowFile, 'utf8')) : undefined;
  const written = existsSync(untouchedFile) ? JSON.parse(readFileSync(untouchedFile, 'utf8')) : undefined;
  const own = present !== undefined && !isDeepStrictEqual(present, written);
  const flows = own ? present : demo;
  const kept = flows.find((node) => node.id === account.id) ?? account;
  const others = flows.filter((node) => node.id !== account.id);
  const text = JSON.stringify([...others, { ...kept, ...accountFor(platform) }], null, 4);
  writeFileSync(flowFile, text);
  if (own) rmSync(untouchedFile, { force: true });
  else writeFileSync(untouchedFile, text);
  // The token itself stays in the environment: nothing secret is written.
  const credentialsFile = join(userDir, 'flows_cred.json');
  const credentials = existsSync(credentialsFile) ? JSON.parse(readFileSync(credentialsFile, 'utf8')) : {};
  writeFileSync(credentialsFile, JSON.stringify({ ...credentials, [account.id]: { token: '${FLESPI_TOKEN}' } }));
  return own;
}

function writeSettings() {
  writeFileSync(
    join(userDir, 'settings.js'),
    `module.exports = ${JSON.stringify(
      {
        uiHost: '127.0.0.1',
        uiPort: port,
        flowFile: 'flows.json',
        credentialSecret: false,
        telemetry: { enabled: false, updateNotification: false },
        editorTheme: { tours: false, page: { title: 'Node-RED : flespi demo' } },
      },
      null,
      2,
    )};\n`,
  );
}

async function firstVehicle(url, seconds) {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end && !stopping) {
    try {
      const state = await (await fetch(`${url}/fleet/state`)).json();
      if (state.devices > 0 && state.messages > 0) return state;
    } catch {
      // Not up yet; asked again below.
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return undefined;
}

async function main() {
  const portTrouble = await checkPort();
  if (portTrouble) return fail(portTrouble);
  if (spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'inherit' }).status !== 0) {
    return fail('The build failed; the lines above say where.');
  }
  mkdirSync(userDir, { recursive: true });
  const sandbox = ownToken ? undefined : await startSandbox();
  if (!ownToken && !sandbox) return;
  linkPackage();
  const keepsOwnFlow = writeFlows(sandbox);
  writeSettings();

  const nodeRed = start('Node-RED', [join(root, 'node_modules', 'node-red', 'red.js'), '--userDir', userDir], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, FLESPI_TOKEN: ownToken ?? sandbox.token },
  });
  const log = createWriteStream(logFile);
  nodeRed.stdout.pipe(log);
  nodeRed.stderr.pipe(log);

  const url = `http://127.0.0.1:${port}`;
  const state = await firstVehicle(url, 60);
  if (stopping) return;
  console.log('');
  console.log(`  Fleet page     ${url}/fleet`);
  console.log(`  Flow editor    ${url}`);
  if (sandbox) {
    console.log(`  Sandbox        ${sandbox.http}  ${sandbox.mqtt}  ${sandbox.ws}`);
    console.log(`  Sandbox token  ${sandbox.token}`);
  } else {
    console.log('  Platform       flespi.io, with the token from FLESPI_TOKEN');
  }
  console.log('');
  if (!state) {
    console.log(
      ownToken
        ? 'No vehicle has reported yet. The status under the nodes in the editor says whether the token was accepted.'
        : `No vehicle has reported within a minute. ${logFile} may say why.`,
    );
  }
  if (keepsOwnFlow)
    console.log('This is the flow as you left it. Delete the folder .node-red to start with the demo again.');
  console.log('Ctrl-C ends everything.');
}

await main();
