import type { NodeDef } from 'node-red';

/** One selector row of the form. */
export interface SelectorRow {
  /** all, ids, field, group, expression, raw, or `typed`: whatever the typed input gives. */
  kind?: string;
  field?: string;
  value?: string;
  /** Of the typed input: str, num, json, msg, flow, global, env or jsonata. */
  type?: string;
}

/** What the form of flespi-request and flespi-rpc saves. Older flows may lack any of it. */
export interface CallDefinition extends NodeDef {
  account?: string;
  method?: string;
  template?: string;
  selectors?: SelectorRow[];
  fields?: string;
  fieldsType?: string;
  limit?: string;
  limitType?: string;
  offset?: string;
  offsetType?: string;
  results?: string;
  most?: string;
  inFlight?: string;
  range?: string;
  rangeAmount?: string;
  rangeUnit?: string;
  from?: string;
  fromType?: string;
  to?: string;
  toType?: string;
  count?: string;
  countType?: string;
  reverse?: unknown;
  filter?: string;
  filterType?: string;
  data?: string;
  dataType?: string;
  body?: string;
  bodyType?: string;
  allConfirmed?: unknown;
  repeatUnsafe?: unknown;
  cid?: string;
  cidType?: string;
  timeout?: string;
  deadline?: string;
}
