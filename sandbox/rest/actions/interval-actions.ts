import type { StoredInterval } from '../../calculator/calculators';
import type { JsonObject as Input } from '../../../nodes/protocol/expression';
import { isObject } from '../../platform/check-fields';
import type { Item } from '../../platform/item';
import { badRequest, notFound } from '../../platform/rejection';
import { bodyOf } from '../item-rules';
import type { Call, Outcome } from '../call';
import type { LinkRow } from '../link-collection';
import { pickParameters } from '../pick-parameters';
import { errorEntry } from '../refusal';
import { selectRows } from '../select-rows';
import { parseSelector } from '../selector';
import { intervalWindow, parseWindow, passes, type TimeWindow } from '../time-window';

/** `intervals/{}`: `all`, ids, `last`, or a condition. `count` is for each device (flespi Skill). */
export async function readIntervals(call: Call): Promise<Outcome> {
  const window = parseWindow(call.query.data, intervalWindow, call.platform.assumptions.recordsPerAnswer);
  const result = (await selectIntervals(call)).flatMap(({ intervals }) => shaped(intervals, window, call.platform.now));
  return { result };
}

/** Attaches parameters of the caller's own to the selected intervals. */
export async function attachToIntervals(call: Call): Promise<Outcome> {
  const values = bodyOf(call);
  if (!isObject(values)) throw badRequest('expected a JSON object');
  for (const name of ['id', 'begin', 'end', 'duration', 'timestamp', 'calc_id', 'device_id', '__proto__']) {
    if (Object.hasOwn(values, name)) throw badRequest(`"${name}" of an interval cannot be changed`);
  }
  const { calculators } = call.platform;
  return {
    result: (await selectIntervals(call)).flatMap(({ calc, device, intervals }) =>
      intervals.map((interval) => calculators.attach(calc, device, interval, values)),
    ),
  };
}

/** Forgets the intervals and calculates them anew. */
export function recalculate(call: Call): Outcome {
  const { calculators } = call.platform;
  return {
    result: selectRows(call).picked.map(({ row }) => {
      const { parent, child } = row as LinkRow;
      calculators.forget(parent.id, child.id);
      return { calc_id: parent.id, device_id: child.id };
    }),
  };
}

interface SelectedIntervals {
  calc: Item;
  device: Item;
  intervals: readonly StoredInterval[];
}

async function selectIntervals(call: Call): Promise<SelectedIntervals[]> {
  const [calcSlot, deviceSlot, intervalSlot] = call.slots;
  if (!calcSlot || !deviceSlot || !intervalSlot) throw new RangeError('Intervals lie below a calculator and a device');
  const select = intervalSelector(call, intervalSlot.text);
  const found: SelectedIntervals[] = [];
  for (const { row } of selectRows(call, [calcSlot, deviceSlot]).picked) {
    const { parent: calc, child: device } = row as LinkRow;
    found.push({ calc, device, intervals: select(await call.platform.calculators.intervals(calc, device)) });
  }
  return found;
}

function intervalSelector(
  call: Call,
  text: string,
): (intervals: readonly StoredInterval[]) => readonly StoredInterval[] {
  if (text === 'last') return (intervals) => intervals.slice(-1);
  const selector = parseSelector(text);
  if (selector.kind === 'all') return (intervals) => intervals;
  if (selector.kind === 'expression') {
    const context = { now: call.platform.now };
    return (intervals) =>
      intervals.filter((interval) => selector.expression.test(interval as unknown as Input, context));
  }
  const { keys, conditions } = selector;
  return (intervals) => {
    for (const key of keys) {
      if (intervals.some(({ id }) => id === Number(key))) continue;
      const missing = notFound(`intervals: ${key} not found`, { id: Number(key) });
      call.errors.push(errorEntry(call.platform.assumptions, missing));
    }
    return intervals
      .filter(({ id }) => keys.length === 0 || keys.includes(String(id)))
      .filter((interval) => conditions.every(({ field, fits }) => fits(interval[field])));
  };
}

/** Those that touch the range, in order, at most `count`. */
function shaped(intervals: readonly StoredInterval[], window: TimeWindow, now: () => number): object[] {
  const within = intervals.filter(({ begin, end }) => end >= window.from && begin <= window.to);
  if (window.reverse) within.reverse();
  const passed = within.filter((interval) => passes(window, interval, now)).slice(0, window.count);
  return passed.map((interval) => (window.fields ? pickParameters(interval, window.fields) : interval));
}
