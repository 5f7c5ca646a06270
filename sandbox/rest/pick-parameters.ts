/** A record with the named parameters only; those that it lacks are left out. */
export function pickParameters(record: object, names: readonly string[]): object {
  const source = record as Record<string, unknown>;
  const picked: Record<string, unknown> = {};
  for (const name of names) if (name !== '__proto__' && Object.hasOwn(source, name)) picked[name] = source[name];
  return picked;
}
