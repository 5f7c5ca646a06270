import { catalogue, type Resource } from './catalogue';

/** One selector of a call: what it selects from, and its text, decoded. */
export interface Slot {
  /** `gw/calcs/devices` for the second selector of `gw/calcs/{}/devices/{}`. */
  collection: string;
  text: string;
}

export interface Route {
  resource: Resource;
  slots: readonly Slot[];
}

interface Branch {
  literals: Map<string, Branch>;
  slot: Branch | undefined;
  resource: Resource | undefined;
}

const root = newBranch();
for (const resource of catalogue) {
  let branch = root;
  for (const segment of resource.path.split('/')) {
    if (segment === '{}') branch = branch.slot ??= newBranch();
    else {
      let next = branch.literals.get(segment);
      if (!next) branch.literals.set(segment, (next = newBranch()));
      branch = next;
    }
  }
  branch.resource = resource;
}

function newBranch(): Branch {
  return { literals: new Map(), slot: undefined, resource: undefined };
}

/** Segments longer than the longest path of the catalogue cannot be a path. */
const mostSegments = 16;

/**
 * Finds the resource of a path, given without leading slash and query and still encoded: split first, decoded afterwards, so that an
 * encoded slash is part of a selector. `undefined` for a path that does not exist. Throws URIError for a broken `%`.
 */
export function findRoute(path: string): Route | undefined {
  const segments = path.split('/', mostSegments);
  // A slash before the query is forgiven (flespi's MediaBox sends one).
  if (segments.at(-1) === '') segments.pop();
  let branch = root;
  const slots: Slot[] = [];
  const literals: string[] = [];
  for (const segment of segments) {
    const literal = branch.literals.get(segment);
    if (literal) {
      literals.push(segment);
      branch = literal;
    } else if (branch.slot && segment !== '') {
      slots.push({ collection: literals.join('/'), text: decodeURIComponent(segment) });
      branch = branch.slot;
    } else return undefined;
  }
  return branch.resource && { resource: branch.resource, slots };
}
