import { isObject, shorten, type JsonObject } from '../platform/check-fields';
import { badRequest } from '../platform/rejection';
import type { Resource } from './catalogue';
import { parseJson } from './json-text';

/** The page that was asked for. */
export interface Page {
  limit: number | undefined;
  offset: number | undefined;
}

/** What a call asks for beside its path: only what its method understands; the rest was ignored. */
export interface Query {
  /** Dotted names. */
  fields: readonly string[] | undefined;
  page: Page | undefined;
  /** The JSON of `data`, or of the body that came with a GET. */
  data: JsonObject;
}

/** Reads `fields`, `limit`, `offset` and `data`. Throws a Rejection, or URIError for a broken `%`. */
export function parseQuery(text: string, takes: string, body: unknown): Query {
  const variables = parseVariables(text);
  return {
    fields: takes.includes('f') ? parseFields(variables.get('fields')) : undefined,
    page: takes.includes('p') ? parsePage(variables) : undefined,
    data: takes.includes('d') ? parseData(variables.get('data'), body) : {},
  };
}

/** The first of each name, as a form would encode it. */
function parseVariables(text: string): Map<string, string> {
  const variables = new Map<string, string>();
  for (const pair of text.split('&')) {
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    if (name !== '' && !variables.has(name)) variables.set(name, equals < 0 ? '' : decode(pair.slice(equals + 1)));
  }
  return variables;
}

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}

const mostFields = 500;

function parseFields(text: string | undefined): string[] | undefined {
  if (text === undefined || text === '') return undefined;
  const fields = text
    .split(',')
    .map((field) => field.trim())
    .filter((field) => field !== '');
  if (fields.length > mostFields) throw badRequest(`"fields" has more than ${mostFields} names`);
  return fields;
}

function parsePage(variables: ReadonlyMap<string, string>): Page {
  return { limit: whole(variables, 'limit', 1), offset: whole(variables, 'offset', 0) };
}

function whole(variables: ReadonlyMap<string, string>, name: string, least: number): number | undefined {
  const text = variables.get(name);
  if (text === undefined) return undefined;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least) return value;
  throw badRequest(`"${name}" must be a whole number from ${least} up, got "${shorten(text)}"`);
}

/** Query `data` wins over a body: scripts send the JSON of a GET in either (flespi examples). */
function parseData(text: string | undefined, body: unknown): JsonObject {
  const value = text === undefined || text === '' ? body : parseJson(text, 'data');
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw badRequest('"data" must be a JSON object');
  return value;
}

/** The parameters that a method of a resource takes. */
export function takesOf(resource: Resource, method: string): string | undefined {
  return Object.hasOwn(resource.methods, method)
    ? resource.methods[method as keyof typeof resource.methods]
    : undefined;
}
