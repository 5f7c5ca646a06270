import type { FlespiError } from './flespi-error';

/** What is worth a line in a log: once per outage and reason, once per recovery, once per warning. */
export type ConnectionLogEntry =
  | { kind: 'outage'; error: FlespiError }
  | { kind: 'recovered'; seconds: number }
  | { kind: 'warning'; error: FlespiError };

/** Keeps a log from filling up while a connection tries again and again. */
export class OutageLog {
  /** When the outage began, in monotonic milliseconds, and what was told about it last. */
  #outage: { since: number; told: string } | undefined;

  constructor(private readonly write: (entry: ConnectionLogEntry) => void) {}

  lost(error: FlespiError, at: number): void {
    const told = `${error.code} ${error.params['problem'] ?? ''}`;
    if (this.#outage?.told !== told) this.#tell({ kind: 'outage', error });
    this.#outage = { since: this.#outage?.since ?? at, told };
  }

  recovered(at: number): void {
    if (this.#outage) this.#tell({ kind: 'recovered', seconds: Math.round((at - this.#outage.since) / 1000) });
    this.#outage = undefined;
  }

  warned(error: FlespiError): void {
    this.#tell({ kind: 'warning', error });
  }

  /** Nobody needs the connection any more: what follows is another story. */
  end(): void {
    this.#outage = undefined;
  }

  #tell(entry: ConnectionLogEntry): void {
    try {
      this.write(entry);
    } catch {
      // A log that fails is no reason to lose a connection.
    }
  }
}
