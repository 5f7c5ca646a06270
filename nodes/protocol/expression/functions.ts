import { defaultAssumptions, type Assumptions } from './assumptions';
import { calendarPart, type CalendarPart } from './calendar';
import { memberOrNth, toBoolean, toNumber, toText } from './conversion';
import { Failure } from './expression-error';
import {
  constantName,
  missing,
  naming,
  numeric,
  type Choose,
  type Evaluate,
  type FunctionDefinition,
} from './function-definition';
import { truth } from './operations';
import { distance, distanceTo, duration, geofence, positionParameters, travelled } from './position';
import { exists, read } from './scope';
import type { Call } from './syntax';
import { asNumber, parseNumber, typeOf, type ValueType } from './value';

type Extras = Partial<Pick<FunctionDefinition, 'counts' | 'reads' | 'usable' | 'assumed'>>;

const analytics: Extras = { usable: 'analytics' };
const assumed: Extras = { assumed: true };
const readsNamed = (call: Call): readonly string[] => listed(constantName(call));
const readsPosition = (): readonly string[] => positionParameters;

/** The functions, as data, in the order in which they are listed for people. */
const definitions: readonly FunctionDefinition[] = [
  define('if(condition, a, b)', 'a when the condition is true, b when it is not', 3, 3, {
    choose: (test) => (test ? 1 : 2),
  }),
  define('not(x)', 'true when x is false, false when x is true', 1, 1, ([x = null], { assumptions }) => {
    const value = truth(x, assumptions, 'not()');
    return value instanceof Failure ? value : !value;
  }),
  define('error()', 'no value: the whole expression becomes invalid', 0, 0, () => new Failure('FORCED')),

  typeTest('isnull', 'null'),
  typeTest('isnumber', 'number'),
  typeTest('isstring', 'string'),
  typeTest('isboolean', 'boolean'),
  typeTest('isjson', 'json'),
  define('tonumber(x)', 'x as a number', 1, 1, ([x = null], site) => toNumber(x, site), {
    reads: (call) => listed(constantName(call)).filter((text) => parseNumber(text) === undefined),
  }),
  define('toboolean(x)', 'x as true or false', 1, 1, ([x = null], site) => toBoolean(x, site.assumptions)),
  define('tostring(x)', 'x as text', 1, 1, ([x = null]) => toText(x)),

  define(
    'exists("name")',
    'true when there is such a parameter',
    1,
    1,
    naming('exists()', (name, { scope }) => exists(scope, name)),
    { reads: readsNamed },
  ),
  define(
    'json("name", index, ...)',
    'what a JSON parameter holds at an index or under a name',
    2,
    32,
    naming('json()', (name, { scope }, path) => {
      const value = read(scope, name);
      return value === undefined ? missing(name) : path.reduce(memberOrNth, value);
    }),
    { reads: readsNamed },
  ),

  define('abs(x)', 'x without its sign', 1, 1, numeric('abs()', Math.abs)),
  define(
    'round(x, digits)',
    'x rounded to a whole number or to so many digits',
    1,
    2,
    numeric('round()', round),
    assumed,
  ),
  define('floor(x)', 'the next whole number below', 1, 1, numeric('floor()', Math.floor), assumed),
  define('ceil(x)', 'the next whole number above', 1, 1, numeric('ceil()', Math.ceil), assumed),
  define('min(a, b, ...)', 'the smallest of the numbers', 1, 32, numeric('min()', Math.min), assumed),
  define('max(a, b, ...)', 'the largest of the numbers', 1, 32, numeric('max()', Math.max), assumed),

  define(
    'now()',
    'the current unix time in seconds',
    0,
    0,
    (_none, { context }) => context.now?.() ?? Date.now() / 1000,
  ),
  calendar('month', 'the month of a unix time, 1 to 12'),
  calendar('day', 'the day of the month of a unix time'),
  calendar('hour', 'the hour of a unix time, 0 to 23'),
  calendar('minute', 'the minute of a unix time, 0 to 59'),

  define(
    'distance(lat1, lon1, lat2, lon2)',
    'kilometres between two points; without arguments, from the previous message to this one',
    0,
    4,
    (values, { scope, context }) =>
      values.length === 0 ? travelled('distance()', scope, context) : distance('distance()', values),
    {
      counts: { wanted: 'no or 4 arguments', accept: (count) => count === 0 || count === 4 },
      reads: (call) => (call.arguments.length === 0 ? positionParameters : []),
    },
  ),
  define(
    'distance_to(lat, lon)',
    'kilometres from the position to a point',
    2,
    2,
    ([lat = null, lon = null], { scope }) => distanceTo(lat, lon, scope),
    { reads: readsPosition },
  ),

  define(
    'previous("name")',
    'the parameter of the previous message',
    1,
    1,
    naming('previous()', (name, { context }) => {
      if (!context.previous) return new Failure('NO_PREVIOUS', { where: 'previous()' });
      return read(context.previous, name) ?? null;
    }),
    analytics,
  ),
  define(
    'mileage()',
    'kilometres since the previous message',
    0,
    0,
    (_none, { scope, context }) => travelled('mileage()', scope, context),
    { ...analytics, reads: readsPosition },
  ),
  define(
    'duration()',
    'seconds since the previous message',
    0,
    0,
    (_none, { scope, context }) => duration(scope, context),
    { ...analytics, reads: () => ['timestamp'] },
  ),
  define(
    'geofence("name")',
    'true inside of that geofence; without a name, the name of the geofence around the position',
    0,
    1,
    ([name], site) => geofence(name, site),
    { ...analytics, reads: readsPosition },
  ),
  define(
    'metadata("name")',
    'a value of the metadata of the device',
    1,
    1,
    naming('metadata()', (name, { scope, context }) => {
      const value = context.metadata ? read(context.metadata, name) : read(scope, `metadata.${name}`);
      return value === undefined ? missing(`metadata.${name}`) : value;
    }),
    { ...analytics, reads: (call) => readsNamed(call).map((name) => `metadata.${name}`) },
  ),
];

const byName: ReadonlyMap<string, FunctionDefinition> = new Map(definitions.map((entry) => [entry.name, entry]));

/** The function of that name, if there is one and the assumptions allow it. */
export function findFunction(name: string, { unlistedFunctions }: Assumptions): FunctionDefinition | undefined {
  const definition = byName.get(name);
  return definition?.assumed && !unlistedFunctions.includes(name) ? undefined : definition;
}

/** What `GET /storage/expressions/functions` lists, and what a dialog offers while typing. */
export type ListedFunction = Pick<FunctionDefinition, 'name' | 'usage' | 'description' | 'arguments'>;

export const expressionFunctions: readonly ListedFunction[] = definitions
  .filter(({ name }) => findFunction(name, defaultAssumptions))
  .map((entry) => ({
    name: entry.name,
    usage: entry.usage,
    description: entry.description,
    arguments: entry.arguments,
  }));

/** Functions that have no value in selectors, message filters and MQTT filters: there is no message before. */
export const analyticsFunctions: readonly string[] = definitions
  .filter(({ usable }) => usable === 'analytics')
  .map(({ name }) => name);

function define(
  usage: string,
  description: string,
  min: number,
  max: number,
  body: Evaluate | { readonly choose: Choose },
  extras: Extras = {},
): FunctionDefinition {
  const name = usage.slice(0, usage.indexOf('('));
  return { name, usage, description, arguments: { min, max }, usable: 'anywhere', body, ...extras };
}

function typeTest(name: string, type: ValueType): FunctionDefinition {
  const what = type === 'json' ? 'an array or an object' : type === 'null' ? 'null' : `a ${type}`;
  return define(`${name}(x)`, `true when x is ${what}`, 1, 1, ([x = null]) => typeOf(x) === type);
}

function calendar(part: CalendarPart, description: string): FunctionDefinition {
  return define(`${part}(t)`, description, 1, 1, ([t = null], { context }) => {
    const where = `${part}()`;
    const seconds = asNumber(t);
    if (seconds === undefined) return new Failure('TYPE', { where, wanted: 'unix time', given: typeOf(t) });
    try {
      return calendarPart(part, seconds, context.timezone) ?? new Failure('NUMBER_RANGE', { where });
    } catch {
      return new Failure('UNKNOWN_TIMEZONE', { timezone: String(context.timezone) });
    }
  });
}

/** Half away from zero, as C's round() does. Digits may be negative; so many that they change nothing, change nothing. */
function round(value = 0, digits = 0): number {
  const scale = 10 ** Math.trunc(digits);
  const scaled = Math.abs(value) * scale;
  if (!Number.isFinite(scaled) || scale === 0) return scale === 0 ? 0 : value;
  return (Math.sign(value) * Math.round(scaled)) / scale;
}

function listed(name: string | undefined): readonly string[] {
  return name === undefined ? [] : [name];
}
