import type { Node, NodeAPI, NodeMessage } from 'node-red';
import type { CallDefinition, SelectorRow } from './call-definition';
import { flag, shown, text, wholeNumber, type NumberRange } from './form-value';
import type { CallSpec, Method, Results } from './protocol/call';
import { parametersOf } from './protocol/find-resource';
import { FlespiError } from './protocol/flespi-error';
import { slotsOf } from './protocol/path';
import { isSeries, readParameters, type ReadChoice } from './protocol/read-parameters';
import { selectorOf, type Selector } from './protocol/selector';
import { timeOf } from './protocol/time-range';
import { typedValue } from './typed-value';

const methods: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] satisfies Method[];
const results: readonly string[] = ['page', 'pages', 'items', 'array'] satisfies Results[];
const selectorKinds: readonly string[] = ['all', 'ids', 'field', 'group', 'expression'] satisfies Selector['kind'][];

const ids: NumberRange = { min: 1, max: Number.MAX_SAFE_INTEGER };
const counts: NumberRange = { min: 1, max: 1_000_000 };

export interface CallContext {
  /** Unix seconds. */
  now: number;
  /** Where the previous run ended, for the range "since the previous run"; unix seconds. */
  previous?: (path: Pick<CallSpec, 'template' | 'selectors'>) => Promise<number | undefined>;
}

/**
 * The form's answer for one message: every typed input evaluated, every number a number. The last place that knows
 * Node-RED; what comes out is plain data.
 * @throws FlespiError for what cannot be a call. Nothing was sent then.
 */
export async function readCall(
  RED: NodeAPI,
  node: Node,
  def: CallDefinition,
  msg: NodeMessage,
  context: CallContext,
): Promise<CallSpec> {
  const typed = (name: string, value: string | undefined, type: string | undefined): Promise<unknown> =>
    typedValue(RED, node, msg, name, value, type);
  const number = async (name: 'limit' | 'offset' | 'count' | 'cid', range: NumberRange): Promise<number | undefined> =>
    wholeNumber(name, await typed(name, def[name], def[`${name}Type`]), range);

  const method = methodOf(def, msg);
  const template = text(def.template);
  const slots = slotsOf(template);
  const selectors = await Promise.all(
    slots.map((slot, index) => readSelector(slot, def.selectors?.[index] ?? {}, typed)),
  );
  const cid = await number('cid', ids);
  const reading = method === 'GET';
  const read = reading ? await readChoice() : await writeChoice();
  const body = reading ? undefined : await readBody();

  return {
    method,
    template,
    selectors,
    ...read,
    ...(body === undefined ? {} : { body }),
    ...(cid === undefined ? {} : { cid }),
    results: resultsOf(def),
    most: wholeNumber('most', def.most, counts) ?? 10_000,
    inFlight: wholeNumber('inFlight', def.inFlight, { min: 1, max: 16 }) ?? 6,
    allConfirmed: flag(def.allConfirmed),
    repeatUnsafe: flag(def.repeatUnsafe),
    timeout: 1000 * (wholeNumber('timeout', def.timeout, { min: 1, max: 3600 }) ?? 30),
    deadline: 1000 * (wholeNumber('deadline', def.deadline, { min: 1, max: 86_400 }) ?? 600),
  };

  /** What a write answers with, and the parameters of a removal. */
  async function writeChoice(): Promise<Partial<CallSpec>> {
    const fields = method === 'DELETE' ? [] : fieldsOf(await typed('fields', def.fields, def.fieldsType));
    const data = method === 'DELETE' ? objectOf(await typed('data', def.data, def.dataType)) : undefined;
    return readParameters('none', { fields, ...(data ? { data } : {}) });
  }

  async function readBody(): Promise<unknown> {
    const value = await typed('body', def.body ?? 'payload', def.bodyType || 'msg');
    // Few removals take a body; a payload that merely happens to be on the message is none.
    return method === 'DELETE' && (typeof value !== 'object' || value === null) ? undefined : value;
  }

  async function readChoice(): Promise<Partial<CallSpec>> {
    const parameters = parametersOf(template);
    const fields = fieldsOf(await typed('fields', def.fields, def.fieldsType));
    const data = objectOf(await typed('data', def.data, def.dataType));
    const choice: ReadChoice = { fields, ...(data ? { data } : {}) };
    if (parameters === 'collection') {
      const limit = await number('limit', counts);
      const offset = resultsOf(def) === 'page' ? await number('offset', { min: 0, max: ids.max }) : undefined;
      return readParameters(parameters, { ...choice, ...defined({ limit, offset }) });
    }
    if (!isSeries(parameters)) return readParameters(parameters, choice);
    const filter = await typed('filter', def.filter, def.filterType);
    if (filter !== undefined && typeof filter !== 'string') throw bad('filter', 'not-text', filter);
    return readParameters(parameters, {
      ...choice,
      ...defined({ count: await number('count', counts), filter, ...(await range()) }),
      reverse: flag(def.reverse) && def.range !== 'previous',
    });
  }

  async function range(): Promise<{ from?: number | undefined; to?: number | undefined }> {
    const { now } = context;
    const time = async (name: 'from' | 'to'): Promise<number | undefined> =>
      timeOf(name, await typed(name, def[name], def[`${name}Type`]), now);
    const stretch = (phrase: string): { from?: number | undefined; to?: number | undefined } => ({
      from: timeOf('from', phrase, now),
      to: timeOf('to', phrase, now),
    });
    const phrase = text(def.range) || 'last';
    if (phrase === 'none') return {};
    if (phrase === 'between') return { from: await time('from'), to: await time('to') };
    if (phrase !== 'last' && phrase !== 'previous') return stretch(phrase);
    const amount = wholeNumber('rangeAmount', def.rangeAmount, counts) ?? 24;
    const lately = stretch(`last ${amount} ${text(def.rangeUnit) || 'hours'}`);
    if (phrase === 'last') return lately;
    return { ...lately, ...defined({ from: await context.previous?.({ template, selectors }) }) };
  }
}

function methodOf(def: CallDefinition, msg: NodeMessage): Method {
  const given = def.method === 'msg' ? msg['method'] : text(def.method) || 'GET';
  const method = typeof given === 'string' ? given.trim().toUpperCase() : '';
  if (!methods.includes(method)) throw bad('method', 'method', given);
  return method as Method;
}

async function readSelector(
  slot: string,
  { kind = 'all', field, value, type }: SelectorRow,
  typed: (name: string, value: string | undefined, type: string | undefined) => Promise<unknown>,
): Promise<Selector> {
  if (kind === 'all') return { kind };
  const given = await typed(slot, value, type);
  try {
    return selectorOf(selectorKinds.includes(kind) ? (kind as Selector['kind']) : 'raw', given, field);
  } catch (error) {
    if (!(error instanceof FlespiError)) throw error;
    throw new FlespiError(error.code, {
      attempted: error.attempted,
      params: { ...error.params, slot },
      cause: error.cause,
    });
  }
}

function resultsOf(def: CallDefinition): Results {
  return results.includes(text(def.results)) ? (def.results as Results) : 'array';
}

/** A comma list, or a list. */
function fieldsOf(value: unknown): readonly string[] {
  if (value === undefined || value === null) return [];
  const list: unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [value];
  return list
    .map((entry) => {
      if (typeof entry !== 'string') throw bad('fields', 'field-name', entry);
      return entry.trim();
    })
    .filter((field) => field !== '');
}

function objectOf(value: unknown): Record<string, unknown> | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) throw bad('data', 'not-an-object', value);
  return value as Record<string, unknown>;
}

/** `exactOptionalPropertyTypes` tells "not given" from "given as undefined". */
function defined<T extends object>(object: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as never;
}

function bad(name: string, problem: string, given: unknown): FlespiError {
  return new FlespiError('FLESPI_BAD_INPUT', { attempted: name, params: { problem, name, given: shown(given) } });
}
