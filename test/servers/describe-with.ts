const without = new Set((process.env['FLESPI_TEST_WITHOUT'] ?? '').split(',').filter(Boolean));

/**
 * A suite that needs a program which npm cannot bring. `npm test` installs it where it can; where it cannot, it says so, and
 * the suite counts as skipped, never as passed.
 */
export function describeWith(
  program: 'mosquitto' | 'mosquitto_sub' | 'chromium',
  title: string,
  body: (this: Mocha.Suite) => void,
): void {
  if (without.has(program)) describe.skip(`${title} (needs ${program})`, body);
  else describe(title, body);
}
