import type { Call, Outcome } from './call';
import { readTelemetry, deleteTelemetry } from './telemetry-rules';

export type Rule = (call: Call) => Outcome | Promise<Outcome>;

/** The resources with rules of their own, by path and method. */
export const actions: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  'gw/devices/{}/telemetry/{}': { GET: readTelemetry, DELETE: deleteTelemetry },
};
