import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface NodeRedOptions {
  /** Path of the runtime's red.js; the development dependency (Node-RED 4.1) when left out. */
  red?: string;
  /** The Node.js to run it with. */
  node?: string;
  /** An existing user directory, kept afterwards; otherwise a new one that goes with the process. */
  userDir?: string;
  /** Flows to start with. */
  flows?: readonly object[];
  /** Credentials by node id, as the credentials file holds them. */
  credentials?: Record<string, Record<string, string>>;
  /** More of settings.js, as data. */
  settings?: Record<string, unknown>;
  env?: Record<string, string>;
}

export interface NodeRedProcess {
  url: string;
  userDir: string;
  pid: number;
  /** Everything that it wrote so far, stdout and stderr. */
  log(): string;
  /** Resolves when the text has been written; rejects after 20 s or when the process ends. */
  logged(text: string | RegExp): Promise<void>;
  /** Ends the process and removes what was made for it. Always settles. */
  stop(): Promise<void>;
}

/** A port on 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Starts a real Node-RED on loopback and resolves when its admin API answers and the flows run. */
export async function startNodeRed(options: NodeRedOptions = {}): Promise<NodeRedProcess> {
  const own = options.userDir === undefined;
  const userDir = options.userDir ?? mkdtempSync(join(tmpdir(), 'flespi-node-red-'));
  const port = await freePort();
  const settings = {
    uiHost: '127.0.0.1',
    uiPort: port,
    flowFile: 'flows.json',
    credentialSecret: false,
    editorTheme: { tours: false, projects: { enabled: false } },
    // Without it a first-run dialog covers the editor.
    telemetry: { enabled: false, updateNotification: false },
    ...options.settings,
  };
  writeFileSync(join(userDir, 'settings.js'), `module.exports = ${JSON.stringify(settings, null, 2)};\n`);
  if (options.flows) writeFileSync(join(userDir, 'flows.json'), JSON.stringify(options.flows));
  if (options.credentials) writeFileSync(join(userDir, 'flows_cred.json'), JSON.stringify(options.credentials));

  const red = options.red ?? require.resolve('node-red/red.js');
  const child = spawn(options.node ?? process.execPath, [red, '--userDir', userDir], {
    env: { ...process.env, NODE_OPTIONS: '', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  let log = '';
  const watchers = new Set<() => void>();
  const take = (chunk: Buffer): void => {
    log += chunk.toString();
    for (const watcher of watchers) watcher();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);

  const logged = (text: string | RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const end = (error?: Error): void => {
        clearTimeout(timer);
        watchers.delete(check);
        child.off('exit', ended);
        if (error) reject(error);
        else resolve();
      };
      const check = (): void => {
        if (typeof text === 'string' ? log.includes(text) : text.test(log)) end();
      };
      const ended = (): void => end(new Error(`Node-RED ended before it wrote ${String(text)}:\n${log}`));
      const timer = setTimeout(
        () => end(new Error(`Node-RED did not write ${String(text)} within 20 s:\n${log}`)),
        20_000,
      );
      watchers.add(check);
      child.once('exit', ended);
      check();
    });

  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      const force = setTimeout(kill, 5_000);
      await exited;
      clearTimeout(force);
    }
    process.off('exit', kill);
    if (own) rmSync(userDir, { recursive: true, force: true });
  };

  try {
    await logged('Started flows');
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `http://127.0.0.1:${port}`, userDir, pid: child.pid ?? 0, log: () => log, logged, stop };
}
