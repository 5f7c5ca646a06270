import { createHash } from 'node:crypto';
import type { Node } from 'node-red';
import type { CallOutput, CallSpec } from './protocol/call';

const key = 'flespiPreviousRun';
/** Paths to remember; a node whose paths come from messages could have any number. */
const most = 1000;

type Times = Record<string, number>;
type Path = Pick<CallSpec, 'template' | 'selectors'>;

/**
 * Where the last run of a node ended, by what it read, for "since the previous run". In the node's context: it survives a
 * restart where the author has a context store on disk.
 */
export class PreviousRun {
  readonly #node: Node;
  /** One write after the other: each replaces the whole. */
  #writing: Promise<void> = Promise.resolve();

  constructor(node: Node) {
    this.#node = node;
  }

  /** Unix seconds; nothing before the first run. */
  async read(path: Path): Promise<number | undefined> {
    const times = await this.#times();
    const time = times[nameOf(path)];
    return typeof time === 'number' ? time : undefined;
  }

  /**
   * Remembers that everything up to `now` has been read, or, where the author's bound cut the walk short, everything up to
   * its last record: the next run goes on from there.
   */
  async write(path: Path, now: number, last: CallOutput | undefined): Promise<void> {
    const end = last?.incomplete === undefined ? now : timeOfLast(last.payload);
    if (end === undefined) return;
    const writing = this.#writing.then(async () => {
      const entries = Object.entries(await this.#times()).filter(([name]) => name !== nameOf(path));
      // flespi's bounds are inclusive: just after what has been read.
      await this.#save(Object.fromEntries([...entries.slice(1 - most), [nameOf(path), end + 1e-6]]));
    });
    this.#writing = writing.catch(() => {});
    await writing;
  }

  #times(): Promise<Times> {
    return new Promise((resolve, reject) => {
      this.#node.context().get(key, (error: Error | null, value: unknown) => {
        if (error) reject(error);
        else resolve(typeof value === 'object' && value !== null ? (value as Times) : {});
      });
    });
  }

  #save(times: Times): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#node.context().set(key, times, (error: Error | null | undefined) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }
}

/** Short, whatever the selectors hold. */
function nameOf({ template, selectors }: Path): string {
  return createHash('sha256')
    .update(JSON.stringify([template, selectors]))
    .digest('base64url')
    .slice(0, 22);
}

function timeOfLast(payload: unknown): number | undefined {
  const record: unknown = Array.isArray(payload) ? payload.at(-1) : payload;
  if (typeof record !== 'object' || record === null) return undefined;
  const { timestamp, begin } = record as { timestamp?: unknown; begin?: unknown };
  const time = begin ?? timestamp;
  return typeof time === 'number' ? time : undefined;
}
