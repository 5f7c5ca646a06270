/** What happened to a call, in flespi's terms: which inner code and which HTTP status follow is decided by REST. */
export type RejectionKind = 'bad-request' | 'forbidden' | 'not-found';

export interface RejectionDetail {
  /** The item concerned. */
  id?: number;
  /** Names that would have been understood. */
  hint?: readonly string[];
  /** Place in an expression, from 1. */
  column?: number;
}

/** A call that the platform will not carry out, with the reason that goes back to the caller. */
export class Rejection extends Error {
  override readonly name = 'Rejection';

  constructor(
    readonly kind: RejectionKind,
    readonly reason: string,
    readonly detail: RejectionDetail = {},
  ) {
    super(reason);
  }
}

export function badRequest(reason: string, detail?: RejectionDetail): Rejection {
  return new Rejection('bad-request', reason, detail);
}

export function notFound(reason: string, detail?: RejectionDetail): Rejection {
  return new Rejection('not-found', reason, detail);
}
