import { randomBytes } from 'node:crypto';

export interface ConfirmationRules {
  /** Milliseconds that the flow has for a message, or for a batch. */
  deadline: number;
  /** What becomes of one that is not confirmed in time: it counts as confirmed, or the flow gets it again. */
  late: 'acknowledge' | 'again';
}

interface Open {
  /** Tells the broker's side that the message, or each of a batch, is done. */
  done: () => void;
  timer: NodeJS.Timeout;
}

/**
 * What a flow has got and has to confirm, by a handle that stands in the message. The handle is a text: it survives
 * copies of the message, JSON, context stores and the way through other programs, where a function would not. Only the node that
 * gave a handle out knows it, and only until it is used, late, or the node is deployed again.
 */
export class Confirmations {
  readonly #rules: ConfirmationRules;
  /** Called whenever something was not confirmed in time. */
  readonly #late: () => void;
  readonly #open = new Map<string, Open>();
  readonly #prefix = randomBytes(9).toString('base64url');
  #given = 0;
  /** Not confirmed in time. */
  overdue = 0;
  /** Confirmations of nothing: twice, too late, from before a deploy, of somebody else. */
  ignored = 0;

  constructor(rules: ConfirmationRules, late: () => void) {
    this.#rules = rules;
    this.#late = late;
  }

  get size(): number {
    return this.#open.size;
  }

  /**
   * @param done called once, when the flow confirms or the time is over
   * @param again called when the time is over, where late messages are given again; `done` is its affair then
   */
  give(done: () => void, again: () => void): string {
    this.#given += 1;
    const handle = `${this.#prefix}.${this.#given.toString(36)}`;
    const timer = setTimeout(() => {
      this.#open.delete(handle);
      this.overdue += 1;
      if (this.#rules.late === 'again') again();
      else done();
      this.#late();
    }, this.#rules.deadline);
    this.#open.set(handle, { done, timer });
    return handle;
  }

  /** False for a handle that is not, or no longer, known. */
  confirm(handle: string): boolean {
    const open = this.#open.get(handle);
    if (!open) {
      this.ignored += 1;
      return false;
    }
    clearTimeout(open.timer);
    this.#open.delete(handle);
    open.done();
    return true;
  }

  /** Forgets all handles. What they stood for stays unconfirmed. */
  close(): void {
    for (const { timer } of this.#open.values()) clearTimeout(timer);
    this.#open.clear();
  }
}
