import { rmSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox';
import { launchChromium } from '../servers/chromium';
import { linkedUserDir } from '../servers/linked-user-dir';
import { startNodeRed, type NodeRedProcess } from '../servers/node-red';
import { installNodeRed } from '../servers/packed';

/** A Node-RED with the package, and how a browser gets into its editor. */
export interface Host {
  version: 4 | 5;
  nodeRed: NodeRedProcess;
  /** Address of the editor. */
  editor: string;
  /** Where the editor asks for a login. */
  login?: { username: string; password: string };
}

/** Everything slow is started once, when a suite first needs it, and serves all suites of this folder. */
const endings: (() => Promise<void> | void)[] = [];

function once<T>(start: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | undefined;
  return () => (started ??= start());
}

after('end of the stage', async function () {
  this.timeout(20_000);
  for (const end of endings.splice(0).reverse()) await end();
});

export const chromium = once(async (): Promise<Browser> => {
  const browser = await launchChromium();
  endings.push(() => browser.close());
  return browser;
});

export const flespi = once(async (): Promise<Sandbox> => {
  const sandbox = await startSandbox({ devices: 30, rate: 30, seed: 5 });
  endings.push(() => sandbox.close());
  return sandbox;
});

/** The password is `fleet`; hashed as Node-RED's `admin hash-pw` does it. */
const password = '$2b$08$mUry5UAK9kC9d7p32lMDY.50ly71O.1HPPBzTchVnxy6dhBMPTLoS';

const hosts: Record<Host['version'], () => Promise<Host>> = {
  4: once(() => startHost(4)),
  5: once(() => startHost(5)),
};

/**
 * Node-RED 4.1 as it comes; Node-RED 5 behind a login and below a path of its own, as on servers of companies.
 */
export const host = (version: Host['version']): Promise<Host> => hosts[version]();

async function startHost(version: Host['version']): Promise<Host> {
  const runtime = version === 5 ? installNodeRed({ nodeRed: '5.0.7', node: '22.23.3' }) : {};
  const userDir = linkedUserDir();
  endings.push(() => rmSync(userDir, { recursive: true, force: true }));
  const users = [{ username: 'dispatcher', password, permissions: '*' }];
  const behindLogin = { adminAuth: { type: 'credentials', users }, httpAdminRoot: '/desk' };
  const nodeRed = await startNodeRed({
    ...runtime,
    userDir,
    flows: [],
    settings: version === 5 ? behindLogin : {},
    // For a form that refers to it.
    env: { FLESPI_TEST_DEVICE: '5000003' },
  });
  endings.push(() => nodeRed.stop());
  return version === 5
    ? { version, nodeRed, editor: `${nodeRed.url}/desk`, login: { username: 'dispatcher', password: 'fleet' } }
    : { version, nodeRed, editor: nodeRed.url };
}
