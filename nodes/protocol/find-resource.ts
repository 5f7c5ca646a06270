import type { Method } from './call';
import { catalogue, type Parameters, type Resource } from './catalogue';

/** The catalogue's entry for a path template, or for a path whose selectors are written out. */
export function findResource(template: string): Resource | undefined {
  const segments = template.split('/').filter((segment) => segment !== '');
  return (
    catalogue.find((resource) => fits(segments, resource, (wanted) => wanted.startsWith(':'))) ??
    catalogue.find((resource) => fits(segments, resource, () => true))
  );
}

function fits(segments: readonly string[], resource: Resource, maySelect: (segment: string) => boolean): boolean {
  const pattern = resource.template.split('/');
  if (pattern.length !== segments.length) return false;
  return pattern.every((word, index) => {
    const segment = segments[index] as string;
    return word.startsWith(':') ? maySelect(segment) : word === segment;
  });
}

/** How a path is read: as the catalogue says, or, for paths that it does not know, as their last words suggest. */
export function parametersOf(template: string): Parameters {
  const known = findResource(template);
  if (known) return known.parameters;
  const segments = template.split('/');
  const last = segments.at(-1) ?? '';
  if (last === 'messages') return template.includes('containers') ? 'container' : 'messages';
  if (last === 'logs' || last === 'packets' || last === 'commands-result' || last === 'intervals') return last;
  if (last.startsWith(':')) return segments.at(-2) === 'intervals' ? 'intervals' : 'collection';
  return 'none';
}

/** The resource that somebody probably meant, or nothing when none is near. */
export function nearestResource(path: string, method?: Method): Resource | undefined {
  const segments = path.split('/').filter((segment) => segment !== '');
  let best: Resource | undefined;
  let bestDistance = Infinity;
  for (const resource of catalogue) {
    const distance =
      pathDistance(segments, resource.template.split('/')) + (method && !resource.methods.includes(method) ? 0.5 : 0);
    if (distance < bestDistance) {
      best = resource;
      bestDistance = distance;
    }
  }
  // One forgotten segment, or a few wrong letters: further away it would be guessing.
  return bestDistance <= 3 ? best : undefined;
}

const namespaces: ReadonlySet<string> = new Set(['gw', 'storage', 'platform', 'mqtt', 'auth', 'ai']);

/** Edit distance between paths: a changed letter costs 1, a missing or extra segment 2, a selector for a slot nothing. */
function pathDistance(path: readonly string[], pattern: readonly string[]): number {
  return distance(
    path,
    pattern,
    // Forgotten selectors are common: `telemetry` without `all`.
    (segment) => (segment.startsWith(':') ? 1 : 2),
    (segment, word) => {
      if (word.startsWith(':')) return looksLikeWord(segment) ? 0.25 : 0;
      if (segment.startsWith(':')) return 4;
      // Who knows the collection may still look for it in the wrong part of the API.
      return namespaces.has(segment) && namespaces.has(word) && segment !== word ? 2 : wordDistance(segment, word);
    },
  );
}

/** Plain words may be selectors (`all`, names of parameters), but then they may as well be a misspelt collection. */
function looksLikeWord(segment: string): boolean {
  return /^[a-z-]+$/.test(segment) && segment !== 'all';
}

function wordDistance(left: string, right: string): number {
  if (left.toLowerCase() === right) return left === right ? 0 : 0.5;
  const letters = distance(
    Array.from(left.slice(0, 40)),
    Array.from(right),
    () => 1,
    (a, b) => (a === b ? 0 : 1),
  );
  // Beyond a third of the word it is another word.
  return letters <= Math.max(1, Math.floor(right.length / 3)) ? letters : 4;
}

function distance<T>(
  left: readonly T[],
  right: readonly T[],
  gap: (entry: T) => number,
  change: (left: T, right: T) => number,
): number {
  let row = [0];
  for (const [index, entry] of right.entries()) row.push((row[index] as number) + gap(entry));
  for (const entry of left) {
    const next = [(row[0] as number) + gap(entry)];
    for (const [index, other] of right.entries()) {
      next.push(
        Math.min(
          (row[index + 1] as number) + gap(entry),
          (next[index] as number) + gap(other),
          (row[index] as number) + change(entry, other),
        ),
      );
    }
    row = next;
  }
  return row.at(-1) as number;
}
