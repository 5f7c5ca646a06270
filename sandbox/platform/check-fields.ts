import { ExpressionError, parseExpression } from '../../nodes/protocol/expression';
import type { Entity, Field } from './item';
import { badRequest } from './rejection';

/** What a write may look like: a new item has its required fields, a change has some fields. */
export type WriteKind = 'create' | 'change';

/** A JSON object that came in from outside. Own keys only are ever read from it. */
export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const metadataBytes = 64 * 1024;
const metadataKeys = 256;

/**
 * Holds a write against the table of fields and returns it. Throws a Rejection that names the first mistake, for unknown fields
 * with the names that would have been right (flespi Skill: `schema_hint`).
 */
export function checkFields(entity: Pick<Entity, 'fields'>, values: unknown, kind: WriteKind): JsonObject {
  if (!isObject(values)) throw badRequest(`expected a JSON object, got ${describe(values)}`);
  for (const name of Object.keys(values)) {
    const field = Object.hasOwn(entity.fields, name) ? entity.fields[name] : undefined;
    if (!field || (field.readOnly && field.onRequest)) throw unknownField(entity, name);
    if (field.readOnly) throw badRequest(`field "${name}" is read-only`, { hint: writable(entity) });
    checkType(name, field, values[name]);
  }
  if (kind === 'create') {
    for (const [name, field] of Object.entries(entity.fields)) {
      if (field.required && !Object.hasOwn(values, name)) {
        throw badRequest(`field "${name}" is required`, { hint: writable(entity) });
      }
    }
  }
  if (isObject(values['metadata'])) checkMetadata(values['metadata']);
  return values;
}

function unknownField(entity: Pick<Entity, 'fields'>, name: string): Error {
  return badRequest(`unknown field "${shorten(name)}"`, { hint: writable(entity) });
}

function writable({ fields }: Pick<Entity, 'fields'>): string[] {
  return Object.keys(fields).filter((name) => !fields[name]?.readOnly);
}

function checkType(name: string, { type }: Field, value: unknown): void {
  const fits =
    type === 'any' ||
    (type === 'array' ? Array.isArray(value) : type === 'object' ? isObject(value) : typeof value === type);
  if (!fits) throw badRequest(`field "${name}" must be ${article(type)} ${type}, got ${describe(value)}`);
}

function checkMetadata(metadata: JsonObject): void {
  if (Object.keys(metadata).length > metadataKeys) throw badRequest(`metadata has more than ${metadataKeys} keys`);
  if (Buffer.byteLength(JSON.stringify(metadata)) > metadataBytes) throw badRequest('metadata is larger than 64 KB');
}

/** Refuses text that is no expression, with the column. Empty text is no expression at all and passes. */
export function checkExpression(name: string, text: unknown): void {
  if (text === undefined || text === '') return;
  if (typeof text !== 'string') throw badRequest(`"${name}" must be an expression, got ${describe(text)}`);
  try {
    parseExpression(text);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw badRequest(`${name}: ${error.reason}`, { column: error.column });
  }
}

export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return `${article(typeof value)} ${typeof value}`;
}

/** What a person typed, so short that no answer grows with it. */
export function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}

function article(word: string): string {
  return /^[aeio]/.test(word) ? 'an' : 'a';
}
