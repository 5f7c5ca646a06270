import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Loses nothing that it has acknowledged, not even when it is killed. */
export const durable = ['persistence true', 'autosave_interval 1', 'autosave_on_changes true', 'max_queued_messages 0'];

/** A real Mosquitto on a free port of 127.0.0.1, with its files in a folder of its own. Ended by its pid, never by its name. */
export class Mosquitto {
  #process: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    readonly folder: string,
  ) {}

  /** @param lines more of its configuration, e.g. `persistence true` */
  static async start(lines: readonly string[] = []): Promise<Mosquitto> {
    const folder = await mkdtemp(join(tmpdir(), 'mosquitto-'));
    const port = await freePort();
    const config = [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous true',
      'log_type none',
      `persistence_location ${folder}/`,
    ];
    await writeFile(join(folder, 'mosquitto.conf'), [...config, ...lines, ''].join('\n'));
    const broker = new Mosquitto(port, folder);
    await broker.run();
    return broker;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  async run(): Promise<void> {
    const config = join(this.folder, 'mosquitto.conf');
    // Started as root it becomes another user, who keeps its files here.
    await chmod(this.folder, 0o777);
    const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin`;
    const child = spawn('mosquitto', ['-c', config], {
      stdio: ['ignore', 'ignore', 'ignore'],
      env: { ...process.env, PATH: path },
    });
    this.#process = child;
    await once(child, 'spawn');
    await listening(this.port, child);
  }

  signal(name: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#process?.kill(name);
  }

  async stop(name: 'SIGKILL' | 'SIGTERM' = 'SIGTERM'): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGCONT');
    child.kill(name);
    await exit;
  }

  async close(): Promise<void> {
    await this.stop('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Mosquitto says nothing when it is ready; a connection that is accepted does. */
async function listening(port: number, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`mosquitto ended with ${child.exitCode}`);
    const socket = connect(port, '127.0.0.1');
    const open = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    await new Promise<void>((resolve) => void setTimeout(resolve, 20));
  }
}
