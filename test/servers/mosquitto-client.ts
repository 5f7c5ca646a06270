import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** One of Mosquitto's command-line clients at work: `mosquitto_sub`, `mosquitto_pub`, `mosquitto_rr`. */
export class MosquittoClient {
  readonly #process: ChildProcess;
  readonly #closed: Promise<unknown>;
  #output = '';

  constructor(command: string, args: readonly string[]) {
    this.#process = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const take = (chunk: Buffer): void => {
      this.#output += chunk.toString();
      this.#process.emit('output');
    };
    this.#process.stdout?.on('data', take);
    this.#process.stderr?.on('data', take);
    this.#closed = once(this.#process, 'close');
  }

  /** What it printed up to now, whole lines. */
  get lines(): string[] {
    return this.#output.split('\n').slice(0, -1);
  }

  /** Waits for a line that fits; with `-d` the client tells what it does. */
  async says(pattern: RegExp): Promise<void> {
    while (!this.lines.some((line) => pattern.test(line))) {
      if (this.#process.exitCode !== null) throw new Error(`It ended without it: ${this.#output}`);
      await Promise.race([once(this.#process, 'output'), this.#closed]);
    }
  }

  /** Everything that it printed, once it has ended by itself. */
  async ended(): Promise<string[]> {
    await this.#closed;
    return this.lines;
  }

  async stop(): Promise<void> {
    this.#process.kill();
    await this.#closed;
  }
}
