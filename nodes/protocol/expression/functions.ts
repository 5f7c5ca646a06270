import type { Assumptions } from './assumptions';
import { calendarPart, type CalendarPart } from './calendar';
import { memberOrNth, toBoolean, toNumber, toText } from './conversion';
import { Failure } from './expression-error';
import { missing, naming, numeric, type Choose, type Evaluate, type FunctionDefinition } from './function-definition';
import { truth } from './operations';
import { distance, distanceTo, duration, geofence, positionParameters, travelled } from './position';
import { exists, read } from './scope';
import { asNumber, typeOf, type ValueType } from './value';

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
  define('tonumber(x)', 'x as a number', 1, 1, ([x = null], site) => toNumber(x, site)),
  define('toboolean(x)', 'x as true or false', 1, 1, ([x = null], site) => toBoolean(x, site.assumptions)),
  define('tostring(x)', 'x as text', 1, 1, ([x = null]) => toText(x)),

  {
    ...define(
      'exists("name")',
      'true when there is such a parameter',
      1,
      1,
      naming('exists()', (name, { scope }) => exists(scope, name)),
    ),
    namesParameter: true,
  },
  {
    ...define(
      'json("name", index, ...)',
      'what a JSON parameter holds at an index or under a name',
      2,
      32,
      naming('json()', (name, { scope }, path) => {
        const value = read(scope, name);
        return value === undefined ? missing(name) : path.reduce(memberOrNth, value);
      }),
    ),
    namesParameter: true,
  },

  define('abs(x)', 'x without its sign', 1, 1, numeric('abs()', Math.abs)),
  define('round(x, digits)', 'x rounded to a whole number or to so many digits', 1, 2, numeric('round()', round)),
  define('floor(x)', 'the next whole number below', 1, 1, numeric('floor()', Math.floor)),
  define('ceil(x)', 'the next whole number above', 1, 1, numeric('ceil()', Math.ceil)),
  define('min(a, b, ...)', 'the smallest of the numbers', 1, 32, numeric('min()', Math.min)),
  define('max(a, b, ...)', 'the largest of the numbers', 1, 32, numeric('max()', Math.max)),

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

  {
    ...define(
      'distance(lat1, lon1, lat2, lon2)',
      'kilometres between two points; without arguments, from the previous message to this one',
      0,
      4,
      (values, { scope, context }) =>
        values.length === 0 ? travelled('distance()', scope, context) : distance('distance()', values),
    ),
    counts: { wanted: 'no or 4 arguments', accept: (count) => count === 0 || count === 4 },
  },
  {
    ...define(
      'distance_to(lat, lon)',
      'kilometres from the position to a point',
      2,
      2,
      ([lat = null, lon = null], { scope }) => distanceTo(lat, lon, scope),
    ),
    reads: positionParameters,
  },

  analytics(
    'previous("name")',
    'the parameter of the previous message',
    1,
    1,
    [],
    naming('previous()', (name, { context }) => {
      if (!context.previous) return new Failure('NO_PREVIOUS', { where: 'previous()' });
      return read(context.previous, name) ?? null;
    }),
  ),
  analytics(
    'mileage()',
    'kilometres since the previous message',
    0,
    0,
    positionParameters,
    (_none, { scope, context }) => travelled('mileage()', scope, context),
  ),
  analytics('duration()', 'seconds since the previous message', 0, 0, ['timestamp'], (_none, { scope, context }) =>
    duration(scope, context),
  ),
  analytics(
    'geofence("name")',
    'true inside of that geofence; without a name, the name of the geofence around the position',
    0,
    1,
    positionParameters,
    ([name], site) => geofence(name, site),
  ),
  analytics(
    'metadata("name")',
    'a value of the metadata of the device',
    1,
    1,
    [],
    naming('metadata()', (name, site) => {
      const { scope, context } = site;
      const value = context.metadata ? read(context.metadata, name) : read(scope, `metadata.${name}`);
      return value === undefined ? missing(`metadata.${name}`) : value;
    }),
  ),
];

const byName: ReadonlyMap<string, FunctionDefinition> = new Map(definitions.map((entry) => [entry.name, entry]));
const unlisted: ReadonlySet<string> = new Set(['round', 'floor', 'ceil', 'min', 'max']);

/** The function of that name, if there is one and the assumptions allow it. */
export function findFunction(name: string, assumptions: Assumptions): FunctionDefinition | undefined {
  if (unlisted.has(name) && !assumptions.unlistedFunctions.includes(name)) return undefined;
  return byName.get(name);
}

/** What `GET /storage/expressions/functions` lists, and what a dialog offers while typing. */
export type ListedFunction = Pick<FunctionDefinition, 'name' | 'usage' | 'description' | 'arguments'>;

export const expressionFunctions: readonly ListedFunction[] = definitions.map((entry) => ({
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
): FunctionDefinition {
  const name = usage.slice(0, usage.indexOf('('));
  return { name, usage, description, arguments: { min, max }, usable: 'anywhere', body };
}

function analytics(
  usage: string,
  description: string,
  min: number,
  max: number,
  reads: readonly string[],
  body: Evaluate,
): FunctionDefinition {
  return { ...define(usage, description, min, max, body), usable: 'analytics', reads };
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
