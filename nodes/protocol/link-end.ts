import type { IDisconnectPacket } from 'mqtt';
import type { FlespiError } from './flespi-error';
import { linkFailure } from './link-failure';
import { connectionRefused, patienceFor, type Patience } from './mqtt-refusal';

/** Why a link ended, and what the broker wants for it. */
export interface LinkDown {
  error: FlespiError;
  patience: Patience;
  reasonCode?: number;
  /** Milliseconds since CONNACK; `undefined` when there was none. */
  connectedFor: number | undefined;
}

/** What is known of the end of a link, gathered from whoever says something first. */
export class LinkEnd {
  #cause: { error: unknown; unreadable: boolean } | undefined;
  #refusal: { code: number; reasonString?: string | undefined } | undefined;

  /** @param address `mqtts://host:8883` */
  constructor(private readonly address: string) {}

  /** @param unreadable the cause is in what the broker sent, not in the way there */
  note(error: unknown, unreadable = false): void {
    this.#cause ??= { error, unreadable };
  }

  /** A CONNACK that says no. */
  refused(code: number, reasonString: string | undefined): void {
    this.#refusal ??= { code, reasonString };
  }

  /** The broker's DISCONNECT. */
  disconnected({ reasonCode, properties }: IDisconnectPacket): void {
    if (reasonCode !== undefined && reasonCode > 0) this.refused(reasonCode, properties?.reasonString);
  }

  /** @param hint what a waiting call was told; used when nothing better is known */
  describe(connectedFor: number | undefined, hint?: unknown): LinkDown {
    const { address } = this;
    if (this.#refusal) {
      const { code: reasonCode, reasonString } = this.#refusal;
      const attempted = `connect to ${address}`;
      const error = connectionRefused({ attempted, reasonCode, reasonString, params: { address } });
      return { error, patience: patienceFor(reasonCode), reasonCode, connectedFor };
    }
    const error = linkFailure({
      address,
      cause: this.#cause?.error ?? hint,
      unreadable: this.#cause?.unreadable ?? false,
      wasConnected: connectedFor !== undefined,
    });
    return { error, patience: 'soon', connectedFor };
  }
}
