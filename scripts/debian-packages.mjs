// What the tests need and npm does not have: installed here on Debian as root, named elsewhere.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Command → Debian package. */
const packages = { mosquitto: 'mosquitto', mosquitto_sub: 'mosquitto-clients', chromium: 'chromium' };

const onPath = (command) =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'].some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** Installs what is missing of the commands where that is possible, and returns those that still are missing. */
export function installDebianPackages(commands = Object.keys(packages)) {
  const missing = () => commands.filter((command) => !onPath(command));
  const wanted = missing();
  if (wanted.length === 0) return [];
  const isDebianRoot = existsSync('/etc/debian_version') && process.getuid?.() === 0;
  if (isDebianRoot) {
    console.log(
      `Installing Debian packages for the tests: ${wanted.map((command) => packages[command]).join(', ')} ...`,
    );
    const options = {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    };
    spawnSync('apt-get', ['update', '-qq'], options);
    // The package starts a service where there is one to start it; the tests run their own broker.
    spawnSync(
      'apt-get',
      ['install', '-y', '-qq', '--no-install-recommends', ...wanted.map((command) => packages[command])],
      options,
    );
  }
  const still = missing();
  for (const command of still) {
    console.log(`Not found: ${command} (Debian package ${packages[command]}). What needs it is skipped.`);
  }
  return still;
}
