import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Pour } from './hose';

export interface Hose {
  port: number;
  /** Settles when so many subscriptions have been asked for. */
  subscribed(subscriptions: number): Promise<void>;
  /** Begins; what was under way ends. */
  pour(what: Pour): void;
  end(): void;
}

/** What the hose tells. */
interface Told {
  port?: number;
  subscriptions?: number;
}

/** @param stamped every message has the user properties that flespi gives it */
export async function startHose(stamped = false): Promise<Hose> {
  const child = fork(join(__dirname, 'hose.ts'), stamped ? ['stamped'] : [], { execArgv: ['--import', 'tsx'] });
  let latest: Told = {};
  let changed = (): void => {};
  child.on('message', (told: Told) => {
    latest = { ...latest, ...told };
    changed();
  });
  const until = async (enough: (told: Told) => boolean): Promise<void> => {
    while (!enough(latest)) await new Promise<void>((resolve) => (changed = resolve));
  };
  await until(({ port }) => port !== undefined);
  return {
    port: latest.port ?? 0,
    subscribed: (wanted) => until(({ subscriptions = 0 }) => subscriptions >= wanted),
    pour: (what) => void child.send(what),
    end: () => void child.kill(),
  };
}
