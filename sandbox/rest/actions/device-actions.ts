import type { Item } from '../../platform/item';
import { deviceMessages } from '../../platform/device-history';
import { calculatorSpec } from '../../calculator/calculator-spec';
import { isObject, type JsonObject } from '../../platform/check-fields';
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
export function calculateRecords(call: Call): Outcome {
  const source = call.method === 'GET' ? call.query.data : call.body;
  if (!isObject(source)) throw badRequest('expected a JSON object with "selectors" and "counters"');
  const { selectors, counters, validate_message, validate_interval, timezone, ...range } = source;
  const spec = calculatorSpec(defined({ selectors, counters, validate_message, validate_interval, timezone }));
  const family = familyOf(seriesPath(call.resource.path));
  const window = parseWindow(range, family.names, call.platform.assumptions.recordsPerAnswer);
  const rows = call.slots.length === 0 ? [{ row: { id: call.cid, cid: call.cid } }] : selectRows(call).picked;
  const result = rows.flatMap(({ row }) => {
    const records = [];
    for (const record of family.read(call, row, { ...window, reverse: false })) {
      if (records.length >= window.count) break;
      if (passes(window, record, call.platform.now)) records.push({ timestamp: 0, ...record });
    }
    return call.platform.calculators.calculate(spec, records, row as Item);
  });
  return { result };
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
export function calculateDevice(call: Call): Outcome {
  const { platform } = call;
  const source = call.method === 'GET' ? call.query.data : (call.body ?? {});
  if (!isObject(source)) throw badRequest('expected a JSON object');
  const { from = 0, to = Number.MAX_VALUE, begin = from, end = to, ...changes } = source;
  if (typeof begin !== 'number' || typeof end !== 'number') throw badRequest('"begin" and "end" must be numbers');
  return {
    result: selectRows(call).picked.flatMap(({ row, above }) => {
      const { child } = row as { child: Item };
      const spec = calculatorSpec({ ...(above[0] as Item), ...changes });
      const messages = [...deviceMessages(platform, child, begin, end, false)];
      return platform.calculators.calculate(spec, messages, child);
    }),
  };
}
