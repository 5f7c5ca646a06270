import type { ConfirmationRules } from './confirmations';
import { flag, text, wholeNumber } from './form-value';
import type { BatchBounds } from './message-batch';
import type { Datatype } from './read-payload';

/** What the form saves about the output; any of it may be missing, or a string. */
export interface OutputDefinition {
  datatype?: unknown;
  newerOnly?: unknown;
  output?: unknown;
  batchCount?: unknown;
  batchMilliseconds?: unknown;
  confirm?: unknown;
  confirmMost?: unknown;
  confirmSeconds?: unknown;
  confirmLate?: unknown;
}

export interface OutputSettings {
  datatype: Datatype;
  newerOnly: boolean;
  /** A message for many publications. */
  batch: BatchBounds | undefined;
  /** The flow confirms; `window`: publications of one topic that it has at most without having confirmed them. */
  confirm: (ConfirmationRules & { window: number }) | undefined;
}

const datatypes: readonly string[] = ['auto', 'json', 'text', 'buffer'] satisfies Datatype[];

/** Of the payloads in a batch, as they come from the broker. */
const batchBytes = 4 * 1024 * 1024;

/** @throws FLESPI_BAD_INPUT for numbers that are none, or out of their range. */
export function outputSettings(def: OutputDefinition): OutputSettings {
  const confirm = flag(def.confirm) ? confirmOf(def) : undefined;
  return {
    datatype: datatypes.includes(text(def.datatype)) ? (def.datatype as Datatype) : 'auto',
    newerOnly: flag(def.newerOnly),
    batch: text(def.output) === 'batch' ? batchOf(def, confirm?.window) : undefined,
    confirm,
  };
}

function batchOf(def: OutputDefinition, window = Infinity): BatchBounds {
  const count = wholeNumber('batchCount', def.batchCount, { min: 1, max: 10_000 }) ?? 100;
  const milliseconds = wholeNumber('batchMilliseconds', def.batchMilliseconds, { min: 1, max: 3_600_000 }) ?? 1000;
  // No more than that come before the first are confirmed.
  return { count: Math.min(count, window), milliseconds, bytes: batchBytes };
}

function confirmOf(def: OutputDefinition): ConfirmationRules & { window: number } {
  const seconds = wholeNumber('confirmSeconds', def.confirmSeconds, { min: 1, max: 86_400 }) ?? 60;
  return {
    window: wholeNumber('confirmMost', def.confirmMost, { min: 1, max: 1000 }) ?? 100,
    deadline: seconds * 1000,
    late: text(def.confirmLate) === 'again' ? 'again' : 'acknowledge',
  };
}
