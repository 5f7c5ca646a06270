import type { Item } from '../../platform/item';
import { deviceMessages } from '../../platform/device-history';
import { calculatorSpec } from '../../calculator/calculator-spec';
import { keepWhatIsRead } from '../../calculator/keep-what-is-read';
import { isObject, type JsonObject } from '../../platform/check-fields';
import type { DeviceMessage } from '../../fleet/gateway';
import { inSlices } from '../../platform/in-slices';
import { badRequest } from '../../platform/rejection';
import { eachOf } from '../answer-parts';
import type { Call, Outcome } from '../call';
import { collectionOf } from '../collections';
import { projection } from '../projection';
import { errorEntry } from '../refusal';
import { selectRows } from '../select-rows';
import { seriesFamilies, familyOf } from '../series-families';
import { parseWindow, passes } from '../time-window';

/** `commands`: every command to every selected device at once; answers when all devices have. */
export async function executeCommands(call: Call): Promise<Outcome> {
  const pairs = commandsOf(call);
  const settled = await Promise.allSettled(
    pairs.map(async ([device, command]) => call.platform.commands.execute(device, command)),
  );
  const result: unknown[] = [];
  for (const one of settled) {
    if (one.status === 'fulfilled') result.push(one.value);
    else call.errors.push(errorEntry(call.platform.assumptions, one.reason));
  }
  return { result };
}

export function enqueueCommands(call: Call): Outcome {
  const show = projection(call, collectionOf('gw/devices/commands-queue'));
  return {
    result: eachOf(call, commandsOf(call), ([device, command]) =>
      show(call.platform.commands.enqueue(device, command)),
    ),
  };
}

function commandsOf(call: Call): [device: Item, command: unknown][] {
  const { body } = call;
  if (!Array.isArray(body) || body.length === 0) throw badRequest('expected an array of commands');
  const devices = selectRows(call).picked.map(({ row }) => row as Item);
  return devices.flatMap((device) => body.map((command: unknown): [Item, unknown] => [device, command]));
}

/** `messages/calculate`, `logs/calculate` and the like: intervals of what the range holds, kept by nobody. */
export async function calculateRecords(call: Call): Promise<Outcome> {
  const source = call.method === 'GET' ? call.query.data : call.body;
  if (!isObject(source)) throw badRequest('expected a JSON object with "selectors" and "counters"');
  const { selectors, counters, validate_message, validate_interval, timezone, ...range } = source;
  const spec = calculatorSpec(defined({ selectors, counters, validate_message, validate_interval, timezone }));
  const keep = keepWhatIsRead(spec);
  const family = familyOf(seriesPath(call.resource.path));
  const window = parseWindow(range, family.names, call.platform.assumptions.recordsPerAnswer);
  const rows = call.slots.length === 0 ? [{ row: { id: call.cid, cid: call.cid } }] : selectRows(call).picked;
  const { platform } = call;
  const calculateAll = function* (): Generator<undefined, JsonObject[]> {
    const result: JsonObject[] = [];
    for (const { row } of rows) {
      const records: DeviceMessage[] = [];
      for (const record of family.read(call, row, { ...window, reverse: false })) {
        if (records.length >= window.count) break;
        if (passes(window, record, platform.now)) records.push(keep(timed(record)));
        yield;
      }
      for (const interval of yield* platform.calculators.calculate(spec, records, row as Item)) result.push(interval);
    }
    return result;
  };
  return { result: await inSlices(calculateAll(), platform.closing) };
}

/** Records of other series, as of containers, may be without a time. A copy of every message would take longer than all the rest. */
function timed(record: object): DeviceMessage {
  return 'timestamp' in record ? (record as DeviceMessage) : { timestamp: 0, ...record };
}

/** `gw/devices/{}/messages/calculate` works on `gw/devices/{}/messages`; the old `gw/devices/{}/calculate` too. */
function seriesPath(path: string): string {
  const parent = path.slice(0, path.lastIndexOf('/'));
  return parent in seriesFamilies || parent.endsWith('/logs') ? parent : `${parent}/messages`;
}

function defined(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

/** `gw/calcs/{}/devices/{}/intervals/calculate`: as the calculator would, over a range, kept by nobody. */
export async function calculateDevice(call: Call): Promise<Outcome> {
  const { platform } = call;
  const source = call.method === 'GET' ? call.query.data : (call.body ?? {});
  if (!isObject(source)) throw badRequest('expected a JSON object');
  const { from = 0, to = Number.MAX_VALUE, begin = from, end = to, ...changes } = source;
  if (typeof begin !== 'number' || typeof end !== 'number') throw badRequest('"begin" and "end" must be numbers');
  const { picked } = selectRows(call);
  const calculateAll = function* (): Generator<undefined, JsonObject[]> {
    const result: JsonObject[] = [];
    for (const { row, above } of picked) {
      const { child } = row as { child: Item };
      const spec = calculatorSpec({ ...(above[0] as Item), ...changes });
      const keep = keepWhatIsRead(spec);
      const messages: DeviceMessage[] = [];
      for (const message of deviceMessages(platform, child, begin, end, false)) {
        messages.push(keep(message));
        yield;
      }
      for (const interval of yield* platform.calculators.calculate(spec, messages, child)) result.push(interval);
    }
    return result;
  };
  return { result: await inSlices(calculateAll(), platform.closing) };
}
