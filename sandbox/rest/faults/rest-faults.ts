import { compileWildcard } from '../../../nodes/protocol/expression';
import { sequence } from '../../fleet/random';
import type { RestFault } from './rest-fault';

/** The faults that hit one call, as one; of members given twice the later fault's counts. */
export type Effect = Omit<RestFault, 'path' | 'method' | 'after' | 'times' | 'share'> & {
  /** Rows that came in before this page, over all pages so far. */
  drifted: number;
};

interface Armed {
  fault: RestFault;
  fits: (path: string) => boolean;
  /** Calls that fitted. */
  seen: number;
  /** Calls that were hit. */
  hit: number;
  /** Pages with an offset that were hit. */
  pages: number;
}

/** The switchboard of REST faults. */
export class RestFaults {
  #armed: Armed[] = [];
  /** From 0 up to 1, from the seed. */
  readonly random: () => number;

  constructor(seed: number) {
    this.random = sequence(seed);
  }

  get list(): readonly RestFault[] {
    return this.#armed.map(({ fault }) => fault);
  }

  /** Puts these in place of all that were. */
  set(faults: readonly RestFault[]): void {
    this.#armed = [];
    for (const fault of faults) this.add(fault);
  }

  /** Switches one on; the result switches it off again. */
  add(fault: RestFault): () => void {
    const fits = compileWildcard(fault.path ?? '*', true);
    const armed: Armed = { fault, fits, seen: 0, hit: 0, pages: 0 };
    this.#armed.push(armed);
    return () => {
      this.#armed = this.#armed.filter((one) => one !== armed);
    };
  }

  clear(): void {
    this.#armed = [];
  }

  /** What happens to this call; undefined when nothing does. */
  next(method: string, path: string, query: string): Effect | undefined {
    let effect: Effect | undefined;
    for (const armed of this.#armed) {
      const { after = 0, times = Infinity, share = 1, method: wanted, path: _path, ...what } = armed.fault;
      if ((wanted !== undefined && wanted !== method) || !armed.fits(path)) continue;
      armed.seen += 1;
      if (armed.seen <= after || armed.hit >= times) continue;
      if (share < 1 && this.random() >= share) continue;
      armed.hit += 1;
      if (/(^|&)offset=[1-9]/.test(query)) armed.pages += 1;
      effect = { ...effect, ...what, drifted: (effect?.drifted ?? 0) + (what.drift ?? 0) * armed.pages };
    }
    return effect;
  }
}
