import type { NodeAPI } from 'node-red';

const catalogue = '@flespi-flows/node-red-contrib-flespi/flespi-config';

/**
 * A text of the catalogue that all nodes share, or undefined where there is none (an unknown key, or no catalogue at all as in
 * unit tests). The runtime's language decides; the editor cannot translate texts that have values in them.
 */
export function catalogueText(
  RED: NodeAPI,
  key: string,
  values: Record<string, string | number> = {},
): string | undefined {
  const text = RED._(`${catalogue}:${key}`, values);
  return text === key || text === `${catalogue}:${key}` ? undefined : text;
}
