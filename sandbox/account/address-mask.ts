import { compileWildcard } from '../../nodes/protocol/expression';

/** Is the address on a token's `ips` list: addresses with `*` and `?`, separated by commas? An empty list allows all. */
export function matchesAddress(list: string, address: string): boolean {
  const masks = list
    .split(',')
    .map((mask) => mask.trim())
    .filter((mask) => mask !== '');
  // Node.js shows IPv4 callers of a dual-stack listener as ::ffff:127.0.0.1.
  const plain = address.replace(/^::ffff:/, '');
  return masks.length === 0 || masks.some((mask) => compileWildcard(mask, false)(plain));
}
