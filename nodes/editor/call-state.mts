import { plain } from './plain.mts';
import type { SelectorRow } from './selector-rows.mts';

/** The properties that flespi-request and flespi-rpc share, as the open form or a saved node has them. */
export interface CallState {
  method: string;
  template: string;
  selectors: readonly Partial<SelectorRow>[];
  fields: string;
  fieldsType: string;
  limit: string;
  limitType: string;
  offset: string;
  offsetType: string;
  results: string;
  range: string;
  rangeAmount: string;
  rangeUnit: string;
  from: string;
  fromType: string;
  to: string;
  toType: string;
  count: string;
  countType: string;
  reverse: boolean;
  filter: string;
  filterType: string;
  data: string;
  dataType: string;
  allConfirmed: boolean;
}

const texts = [
  'method',
  'template',
  'fields',
  'fieldsType',
  'limit',
  'limitType',
  'offset',
  'offsetType',
  'results',
  'range',
  'rangeAmount',
  'rangeUnit',
  'from',
  'fromType',
  'to',
  'toType',
  'count',
  'countType',
  'filter',
  'filterType',
  'data',
  'dataType',
] as const;

const input = (property: string): JQuery => $(`#node-input-${property}`);

/** What the open form says now. Selector rows have no inputs of their own names, so they are handed in. */
export function stateOfForm(selectors: readonly SelectorRow[]): CallState {
  return collect(
    (property) => plain(input(property).val()),
    (property) => input(property).is(':checked'),
    selectors,
  );
}

/** What a saved node says; older flows may lack a property. */
export function stateOfNode(node: EditedNode): CallState {
  const rows = node['selectors'];
  return collect(
    (property) => plain(node[property]),
    (property) => node[property] === true,
    Array.isArray(rows) ? (rows as Partial<SelectorRow>[]) : [],
  );
}

function collect(
  textOf: (property: string) => string,
  flagOf: (property: string) => boolean,
  selectors: CallState['selectors'],
): CallState {
  const values = Object.fromEntries(texts.map((property) => [property, textOf(property).trim()]));
  return {
    ...(values as Record<(typeof texts)[number], string>),
    selectors,
    reverse: flagOf('reverse'),
    allConfirmed: flagOf('allConfirmed'),
  };
}
