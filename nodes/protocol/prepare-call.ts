import type { CallSpec, WireCall } from './call';
import type { Resource } from './catalogue';
import { findResource, parametersOf } from './find-resource';
import { FlespiError } from './flespi-error';
import { buildPath, isSlot, readablePath, segmentsOf } from './path';
import { buildQuery, jsonText, type QueryParts, wholeNumber } from './query';
import { textSelectsAll } from './selects-all';
import { type Series, seriesOf } from './series';
import { timeOf } from './time-range';

/** A call that may be sent: checked, with its path and body encoded. */
export interface PreparedCall {
  attempted: string;
  /** The author's path, for hints. */
  template: string;
  resource: Resource | undefined;
  /** Set for time series. */
  series: Series | undefined;
  collection: boolean;
  /** Every slot that chooses a source of records holds one id. */
  single: boolean;
  /** `data` with its times as numbers and, for time series, the fields. */
  data: Record<string, unknown>;
  /** The request with these query parts. */
  wire: (query: QueryParts) => WireCall;
}

const methods = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);

/** Checks everything that can be checked before anything is sent. Throws a FlespiError. */
export function prepareCall(spec: CallSpec, now: number = Date.now()): PreparedCall {
  const { method, template, cid } = spec;
  if (!methods.has(method))
    throw new FlespiError('FLESPI_BAD_INPUT', {
      attempted: 'method',
      params: { problem: 'method', name: 'method', given: (method as string).slice(0, 20) },
    });
  const path = buildPath(template, spec.selectors);
  const attempted = `${method} ${readablePath(path)}`;
  if (cid !== undefined) wholeNumber('cid', cid, 1);

  const resource = findResource(template);
  const parameters = method === 'GET' ? parametersOf(template) : 'none';
  const series = method === 'GET' ? seriesOf(parameters, path) : undefined;
  const choices = choicesOf(template, path, resource);
  if (method !== 'GET' && spec.allConfirmed !== true && choices.some(textSelectsAll))
    throw new FlespiError('FLESPI_ALL_NOT_CONFIRMED', { attempted, params: { method } });

  const body = spec.body === undefined || method === 'GET' ? undefined : jsonText('body', spec.body);
  return {
    attempted,
    template,
    resource,
    series,
    collection: parameters === 'collection',
    single: (parameters === 'intervals' && path.includes('/intervals/') ? choices.slice(0, -1) : choices).every(
      (choice) => /^\d+$/.test(choice),
    ),
    data: series ? seriesData(spec, series, now) : { ...spec.data },
    wire: (query) => ({
      method,
      path,
      query: buildQuery(query),
      ...(body === undefined ? {} : { body }),
      ...(cid === undefined ? {} : { cid }),
    }),
  };
}

/** The segments that choose items, decoded: those in slots, and those that the author wrote into the path. */
function choicesOf(template: string, path: string, resource: Resource | undefined): string[] {
  const pattern = resource?.template.split('/');
  const written = segmentsOf(template);
  return path
    .split('/')
    .map((segment) => decodeURIComponent(segment))
    .filter((segment, index) => isSlot(pattern?.[index] ?? '') || isSlot(written[index] ?? '') || segment === 'all');
}

/** Time series take fields and bounds in `data`, the fields as a comma list. */
function seriesData(spec: CallSpec, series: Series, now: number): Record<string, unknown> {
  const data: Record<string, unknown> = { ...spec.data };
  for (const name of [series.low, series.high]) {
    if (data[name] === undefined || data[name] === null || data[name] === '') delete data[name];
    // Keys of containers are numbers of the author's own making, where milliseconds may well be meant.
    else if (series.low === 'left_key' && Number.isFinite(Number(data[name]))) data[name] = Number(data[name]);
    else data[name] = timeOf(name, data[name], now / 1000);
  }
  if (data[series.size] !== undefined) data[series.size] = wholeNumber(series.size, Number(data[series.size]), 1);
  if (data['fields'] === undefined && spec.fields && spec.fields.length > 0) data['fields'] = spec.fields.join(',');
  return data;
}
