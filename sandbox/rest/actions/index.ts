import type { Call, Outcome } from '../call';
import { deleteTelemetry, readTelemetry } from '../telemetry-rules';
import { calculateDevice, calculateRecords, enqueueCommands, executeCommands } from './device-actions';
import { hitTest, streamMessages } from './gateway-actions';
import { attachToIntervals, readIntervals, recalculate } from './interval-actions';
import { createSessions, createSubscriptions, deleteRetained, publishMessages, readRetained } from './mqtt-actions';
import { moveItems, readCustomer, regions, restoreItems, tokenInfo, writeCustomer } from './platform-actions';
import { listFunctions, testExpression } from './storage-actions';

export type Rule = (call: Call) => Outcome | Promise<Outcome>;
type Rules = Readonly<Record<string, Rule>>;

const actions: Readonly<Record<string, Rules>> = {
  'gw/devices/{}/telemetry': { GET: readTelemetry },
  'gw/devices/{}/telemetry/{}': { GET: readTelemetry, DELETE: deleteTelemetry },
  'gw/devices/{}/commands': { POST: executeCommands },
  'gw/devices/{}/commands-queue': { POST: enqueueCommands },
  'gw/devices/{}/calculate': { POST: calculateRecords },
  'gw/streams/{}/messages': { POST: streamMessages, DELETE: streamMessages },
  'gw/calcs/{}/devices/{}/intervals/{}': { GET: readIntervals, PUT: attachToIntervals },
  'gw/calcs/{}/devices/{}/intervals/calculate': { GET: calculateDevice },
  'gw/calcs/{}/devices/{}/calculate': { POST: calculateDevice },
  'gw/calcs/{}/devices/{}/recalculate': { POST: recalculate },
  'gw/geofences/{}/hittest': { GET: hitTest },
  'storage/containers/{}/calculate': { POST: calculateRecords },
  'storage/expressions/functions': { GET: listFunctions },
  'storage/expressions/test': { GET: testExpression, POST: testExpression },
  'mqtt/sessions': { POST: createSessions },
  'mqtt/sessions/{}/subscriptions': { POST: createSubscriptions },
  'mqtt/messages': { POST: publishMessages },
  'mqtt/messages/{}': { GET: readRetained, DELETE: deleteRetained },
  'platform/customer': { GET: readCustomer, PUT: writeCustomer, PATCH: writeCustomer },
  'platform/deleted/{}/restore': { POST: restoreItems },
  'auth/info': { GET: tokenInfo },
  'auth/regions': { GET: regions },
};

/** The rule of a resource that has one of its own. */
export function actionOf(path: string, method: string): Rule | undefined {
  const own = actions[path]?.[method];
  if (own) return own;
  if (path.endsWith('/logs/calculate') || path.endsWith('/messages/calculate')) return calculateRecords;
  return path.endsWith('/cid') ? moveItems : undefined;
}
