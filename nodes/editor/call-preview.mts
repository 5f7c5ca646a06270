import { checkExpression } from '../protocol/check-expression.ts';
import { FlespiError } from '../protocol/flespi-error.ts';
import { parametersOf } from '../protocol/find-resource.ts';
import { buildPath, slotsOf } from '../protocol/path.ts';
import { buildQuery, jsonText } from '../protocol/query.ts';
import { isSeries, readParameters, type ReadChoice } from '../protocol/read-parameters.ts';
import { selectorOf, type Selector } from '../protocol/selector.ts';
import type { CallState } from './call-state.mts';
import type { SelectorRow } from './selector-rows.mts';
import { text } from './text.mts';

export interface Preview {
  /** The request as it goes out, encoded; what only a message can tell stands in it as `‹msg.payload›`. */
  line: string;
  /** The same for reading, where encoding hides something. */
  readable?: string;
}

/**
 * Stands for a value that is not known before there is a message. A number, because that is an id, a limit, a time, a field
 * and an expression alike, so that everything else of the request is built and checked as it will be.
 */
class Unknowns {
  readonly #names: string[] = [];

  add(name: string): number {
    this.#names.push(name);
    return 7_307_300_730_000 + this.#names.length - 1;
  }

  reveal(line: string): string {
    return line.replace(/7307300730(\d{3})/g, (digits, index: string) => {
      const name = this.#names[Number(index)];
      return name === undefined ? digits : `‹${name}›`;
    });
  }
}

const sources = ['msg', 'flow', 'global', 'env', 'jsonata'];

/** The request that a form describes. Throws FlespiError for what cannot be a call. */
export function previewOf(state: CallState, transport: 'http' | 'mqtt'): Preview {
  const unknowns = new Unknowns();
  const value = (property: string, given: string, type: string): string | number | undefined => {
    if (given === '' && type !== 'msg') return undefined;
    return sources.includes(type) ? unknowns.add(type === 'jsonata' ? property : `${type}.${given}`) : given;
  };
  const number = (property: string, given: string, type: string): number | undefined => {
    const found = value(property, given, type);
    return found === undefined ? undefined : Number(found);
  };

  const slots = slotsOf(state.template);
  const selectors = slots.map((slot, index) => selectorFor(slot, state.selectors[index] ?? {}, value));
  const path = buildPath(state.template, selectors);
  const method = state.method === 'msg' ? '‹msg.method›' : state.method || 'GET';

  const parameters = parametersOf(state.template);
  const fields = value('fields', state.fields, state.fieldsType);
  const more = value('data', state.data, state.dataType);
  const limit = number('limit', state.limit, state.limitType);
  const offset =
    state.results === 'page'
      ? number('offset', state.offset, state.offsetType)
      : unknowns.add(state.limitType === 'num' && limit !== undefined ? `0, ${limit} …` : '0 …');
  const choice: ReadChoice = {
    fields:
      fields === undefined
        ? []
        : String(fields)
            .split(',')
            .map((field) => field.trim())
            .filter(Boolean),
    ...(typeof more === 'string' ? { data: JSON.parse(more) as Record<string, unknown> } : {}),
    ...present('limit', limit),
    ...present('offset', offset),
  };
  if (isSeries(parameters)) {
    const filter = value('filter', state.filter, state.filterType);
    if (typeof filter === 'string') checkExpression(filter, 'filter', { where: 'filter' });
    Object.assign(choice, rangeOf(state, unknowns), {
      ...present('count', number('count', state.count, state.countType)),
      ...(filter === undefined ? {} : { filter: String(filter) }),
      reverse: state.reverse && state.range !== 'previous',
    });
  }
  const read = method === 'GET' || state.method === 'msg' ? readParameters(parameters, choice) : {};

  if (transport === 'mqtt') {
    // As `rpcRequest` does: what a read has in `data` travels in the payload.
    const { data, ...query } = read;
    const word = state.method === 'msg' ? method : method.toLowerCase();
    const line = unknowns.reveal(`flespi/rest/${word}/${withQuery(path, buildQuery(query))}`);
    return withReadable(data === undefined ? line : `${line}\n${unknowns.reveal(jsonText('data', data))}`);
  }
  return withReadable(unknowns.reveal(`${method} ${withQuery(path, buildQuery(read))}`));
}

const withQuery = (path: string, query: string): string => (query === '' ? path : `${path}?${query}`);

function withReadable(line: string): Preview {
  const readable = decoded(line);
  return readable === line ? { line } : { line, readable };
}

function decoded(line: string): string {
  try {
    return decodeURIComponent(line);
  } catch {
    return line;
  }
}

function selectorFor(
  slot: string,
  { kind = 'all', field = '', value = '', type = 'str' }: Partial<SelectorRow>,
  resolve: (property: string, given: string, type: string) => string | number | undefined,
): Selector {
  if (kind === 'all') return { kind };
  const given = resolve(slot, value, type) ?? '';
  const known = ['ids', 'field', 'group', 'expression'].includes(kind) ? (kind as Selector['kind']) : 'raw';
  try {
    return selectorOf(known, known === 'expression' ? String(given) : given, field);
  } catch (error) {
    if (!(error instanceof FlespiError)) throw error;
    const { code, attempted, params, cause } = error;
    throw new FlespiError(code, { attempted, params: { ...params, slot }, cause });
  }
}

function rangeOf(state: CallState, unknowns: Unknowns): Pick<ReadChoice, 'from' | 'to'> {
  if (state.range === 'none') return {};
  const now = text('call.range.now');
  if (state.range === 'between') {
    const time = (given: string, type: string): number | undefined =>
      given === '' && type !== 'msg'
        ? undefined
        : unknowns.add(sources.includes(type) && type !== 'jsonata' ? `${type}.${given}` : given);
    return { ...present('from', time(state.from, state.fromType)), ...present('to', time(state.to, state.toType)) };
  }
  if (state.range !== 'last' && state.range !== 'previous') {
    const from = text('call.range.begins', { period: text(`call.range.${camel(state.range)}`) });
    const to = text('call.range.ends', { period: text(`call.range.${camel(state.range)}`) });
    return { from: unknowns.add(from), to: unknowns.add(to) };
  }
  const unit = text(`call.range.short.${state.rangeUnit || 'hours'}`);
  const from = state.range === 'previous' ? text('call.range.previousRun') : `${now} − ${state.rangeAmount} ${unit}`;
  return { from: unknowns.add(from), to: unknowns.add(now) };
}

/** `last week` as the catalogue has it: `lastWeek`. */
const camel = (words: string): string => words.replace(/ (.)/g, (_, letter: string) => letter.toUpperCase());

function present<Key extends string>(key: Key, value: number | undefined): { [Name in Key]?: number } {
  return (value === undefined ? {} : { [key]: value }) as { [Name in Key]?: number };
}
