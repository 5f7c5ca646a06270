/** A text, number or tick as text; nothing for everything that a hand-edited flow may have there instead. */
export function plain(value: unknown): string {
  return typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : '';
}
