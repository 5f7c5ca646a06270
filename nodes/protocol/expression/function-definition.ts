import type { Assumptions } from './assumptions';
import { Failure, show } from './expression-error';
import type { Geometry } from './geo';
import { finite, type Result } from './operations';
import type { Scope } from './scope';
import type { Call } from './syntax';
import { asNumber, typeOf, type JsonObject, type Value } from './value';

/** What surrounds an input: everything is optional, and what needs the missing is an error. */
export interface EvaluationContext {
  /** Unix seconds; the clock of the machine when not given. */
  readonly now?: (() => number) | undefined;
  /** Time zone of month(), day(), hour() and minute(), such as "Europe/Vilnius"; UTC when not given. */
  readonly timezone?: string | undefined;
  /** The message before this one, for calculators and plugins. */
  readonly previous?: Scope | JsonObject | undefined;
  /** Items of `gw/geofences`, for calculators and plugins. */
  readonly geofences?: readonly Geofence[] | undefined;
  /** The metadata of the device, for calculators and plugins; otherwise the input's own parameter `metadata`. */
  readonly metadata?: JsonObject | undefined;
}

export interface Geofence {
  readonly name: string;
  readonly geometry: Geometry;
  readonly priority?: number | undefined;
}

/** What a function gets besides the values of its arguments. */
export interface CallSite {
  readonly scope: Scope | JsonObject;
  readonly context: EvaluationContext;
  readonly assumptions: Assumptions;
  readonly call: Call;
}

/** A function of the language, as data. */
export interface FunctionDefinition {
  readonly name: string;
  readonly usage: string;
  readonly description: string;
  readonly arguments: { readonly min: number; readonly max: number };
  /** Where not every count from min to max will do: which do, in words and as a test. */
  readonly counts?: { readonly wanted: string; readonly accept: (count: number) => boolean };
  /** `analytics`: lives on a previous message, geofences and the like, which selectors and MQTT filters do not have. */
  readonly usable: 'anywhere' | 'analytics';
  /** The parameters of the input that a call reads besides its arguments, as far as its text tells. */
  readonly reads?: (call: Call) => readonly string[];
  /** A guess: there only while `unlistedFunctions` of the assumptions names it. */
  readonly assumed?: true;
  readonly body: Evaluate | { readonly choose: Choose };
}

/** Gives the value for evaluated arguments, of which there are as many as the definition says. */
export type Evaluate = (values: readonly Value[], site: CallSite) => Result;

/** Says by the truth of the first argument which argument is the value; the others are not looked at. */
export type Choose = (test: boolean) => number;

/** A body that works on numbers; null and booleans count as such, as they do for operators. */
export function numeric(where: string, calculate: (...numbers: readonly number[]) => number): Evaluate {
  return (values) => {
    const numbers: number[] = [];
    for (const value of values) {
      const number = asNumber(value);
      if (number === undefined) return new Failure('TYPE', { where, wanted: 'number', given: typeOf(value) });
      numbers.push(number);
    }
    return finite(calculate(...numbers), where);
  };
}

/** A body whose first argument is the name of something. */
export function naming(
  where: string,
  evaluate: (name: string, site: CallSite, rest: readonly Value[]) => Result,
): Evaluate {
  return ([name = null, ...rest], site) =>
    typeof name === 'string'
      ? evaluate(name, site, rest)
      : new Failure('TYPE', { where, wanted: 'a name in quotes', given: typeOf(name) });
}

/** The first argument, where it is text that stands in the expression. */
export function constantName({ arguments: [first] }: Call): string | undefined {
  return first?.type === 'literal' && typeof first.value === 'string' ? first.value : undefined;
}

export function missing(name: string): Failure {
  return new Failure('MISSING', { name: show(name) });
}
