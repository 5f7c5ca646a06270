import { FlespiError } from './flespi-error';
import { encodeSegment, encodeSelector, type Selector } from './selector';

/**
 * The segments of a path template. Throws FLESPI_BAD_PATH for what is no path: nothing, a query, climbing, what is
 * percent-encoded already.
 */
export function segmentsOf(template: string): string[] {
  const trimmed = template.trim().replace(/^\//, '').replace(/\/$/, '');
  if (trimmed === '') throw bad('empty', template);
  // An address pasted whole would otherwise become a path of strange segments.
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed)) throw bad('address', template);
  if (trimmed.includes('\\')) throw bad('backslash', template);
  const segments = trimmed.split('/');
  for (const segment of segments) {
    if (segment === '') throw bad('empty-segment', template);
    if (isSlot(segment)) {
      if (!/^:[A-Za-z][\w-]*$/.test(segment)) throw bad('slot-name', template, segment);
      continue;
    }
    if (/%[0-9a-f]{2}/i.test(segment)) throw bad('encoded', template, segment);
    // An expression with a slash in it falls apart here; in a selector slot it would not.
    if (segment.split('{').length !== segment.split('}').length) throw bad('brace', template, segment);
    // In an expression or a value these are data; right behind a plain word they begin a query.
    if (/^[^={]*[?#]/.test(segment)) throw bad('query', template, segment);
  }
  return segments;
}

/** Names of the selector slots, without colon, in order: `gw/devices/:devices` has one, `devices`. */
export function slotsOf(template: string): string[] {
  return segmentsOf(template)
    .filter((segment) => isSlot(segment))
    .map((segment) => segment.slice(1));
}

/**
 * The path of a request, percent-encoded, without leading slash. Every selector fills exactly one segment.
 * Throws FLESPI_BAD_PATH, FLESPI_BAD_SELECTOR or FLESPI_BAD_EXPRESSION.
 *
 * @example
 * buildPath('gw/devices/:devices/telemetry/:parameters', [{ kind: 'ids', ids: [1, 2] }, { kind: 'all' }]);
 * // 'gw/devices/1,2/telemetry/all'
 */
export function buildPath(template: string, selectors: readonly Selector[]): string {
  const segments = segmentsOf(template);
  const slots = segments.filter((segment) => isSlot(segment));
  if (slots.length !== selectors.length)
    throw bad('slots', template, '', { wanted: slots.length, given: selectors.length });
  let next = 0;
  const encoded = segments.map((segment) => {
    if (!isSlot(segment)) return within('', () => encodeSegment(segment));
    const selector = selectors[next] as Selector;
    next += 1;
    return within(segment.slice(1), () => encodeSelector(selector));
  });
  const path = encoded.join('/');
  // The last word has the parser that will read it: nothing above may have let a segment climb or change the host.
  const url = new URL(`/${path}`, 'http://origin.invalid');
  if (url.host !== 'origin.invalid' || url.pathname !== `/${path}` || url.search !== '' || url.hash !== '')
    throw bad('leaves-path', template);
  return path;
}

export function isSlot(segment: string): boolean {
  return segment.startsWith(':');
}

/** The path as people read it, for error texts: decoded, and cut when long. */
export function readablePath(path: string): string {
  const text = path
    .split('/')
    .map((segment) => decodeURIComponent(segment))
    .join('/')
    // A token has no business in a path, but if it gets there it must not get into an error.
    .replaceAll(/[A-Za-z0-9]{64,}/g, '***');
  return text.length > 160 ? `${text.slice(0, 157)}...` : text;
}

/** Tells the author which slot a selector's mistake is in. */
function within(slot: string, encode: () => string): string {
  try {
    return encode();
  } catch (error) {
    if (!(error instanceof FlespiError)) throw error;
    throw new FlespiError(error.code, {
      attempted: error.attempted,
      params: slot === '' ? error.params : { ...error.params, slot },
      cause: error.cause,
    });
  }
}

/** What can be wrong with a path; the catalogue has a phrase for each. */
export type PathProblem =
  | 'empty'
  | 'empty-segment'
  | 'address'
  | 'backslash'
  | 'slot-name'
  | 'encoded'
  | 'brace'
  | 'query'
  | 'slots'
  | 'leaves-path';

function bad(problem: PathProblem, template: string, segment = '', more: Record<string, number> = {}): FlespiError {
  const path = template.length > 120 ? `${template.slice(0, 117)}...` : template;
  return new FlespiError('FLESPI_BAD_PATH', { attempted: 'path', params: { problem, path, segment, ...more } });
}
