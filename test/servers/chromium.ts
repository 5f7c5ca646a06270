import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

/** The system's Chromium without a window. Suites that use it stand in `describeWith('chromium', ...)`. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: pathOf('chromium'),
    // Chromium refuses to run its own sandbox as root, which is who runs tests in a container.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
}

function pathOf(command: string): string {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, command);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder; the next one may have it.
    }
  }
  throw new Error(`${command} is not on the PATH`);
}
