/** The package's name; texts and validators outside a node's own catalogue need it. */
export const packageName = '@flespi-flows/node-red-contrib-flespi';

/** A text of the catalogue that all forms share (flespi-config). */
export function text(key: string, values: Readonly<Record<string, string | number>> = {}): string {
  return RED._(`${packageName}/flespi-config:${key}`, values);
}

/** A label for `defaults`, without a colon at its end; the editor puts it into "missing property" messages. */
export function label(key: string): string {
  return text(key);
}

/** A word of flespi's paths in the editor's language; itself where the catalogue does not have it. */
export function pathWord(word: string): string {
  const found = text(`call.words.${word}`);
  return found.endsWith(`words.${word}`) ? word.replace(/-/g, ' ') : found;
}
