/** Anything with an id and an owner: a device, a group, a token. Only fields of its entity are in it. */
export interface Item {
  id: number;
  /** The account that it belongs to. */
  cid: number;
  [field: string]: unknown;
}

export type FieldType = 'string' | 'number' | 'boolean' | 'object' | 'array' | 'any';

/** What is known about one field of an item. */
export interface Field {
  type: FieldType;
  /** Value of a new item when the call gives none. Left out: the field is then absent. */
  default?: unknown;
  /** A new item must have it. */
  required?: boolean;
  /** Only the platform writes it. */
  readOnly?: boolean;
  /** Sent only when `fields` names it. */
  onRequest?: boolean;
  /** Never in topics and logs. */
  secret?: boolean;
  /** The id of another item, by the path of its collection; it must exist. */
  refers?: string;
}

/** One kind of item, as data; `path` is the collection in REST and the middle of its topics. */
export interface Entity {
  path: string;
  /** Stem of `device_id` and the like in links. */
  noun: string;
  /** Number in `origin_type` and `item_type` (flespi Toolbox). */
  originType: number;
  fields: Readonly<Record<string, Field>>;
  /** The first id that is given out. */
  firstId: number;
  /** Deleted items stay in the bin for a while. */
  restorable?: boolean;
}

const string: Field = { type: 'string', default: '' };
const number: Field = { type: 'number', default: 0 };
const boolean: Field = { type: 'boolean', default: false };
const enabled: Field = { type: 'boolean', default: true };
const object: Field = { type: 'object', default: {} };
const array: Field = { type: 'array', default: [] };

/** The usual fields, to build entities from. */
export const field = {
  string,
  number,
  boolean,
  enabled,
  object,
  array,
  any: { type: 'any' } as Field,
  metadata: { type: 'object', default: {}, onRequest: true } as Field,
  id: { type: 'number', readOnly: true } as Field,
  seconds: (value: number): Field => ({ type: 'number', default: value }),
  required: (type: FieldType, refers?: string): Field =>
    refers === undefined ? { type, required: true } : { type, required: true, refers },
  refers: (path: string): Field => ({ type: 'number', default: 0, refers: path }),
  readOnly: (type: FieldType, value?: unknown): Field => ({ type, readOnly: true, default: value }),
  onRequest: (field: Field): Field => ({ ...field, onRequest: true }),
};

/** The fields that every item begins with. */
export const identity = { id: field.id, name: field.string, cid: field.id } as const;
