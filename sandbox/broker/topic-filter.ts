/** A level of a topic filter: a word, `+`, `#`, or the words of a comma list (flespi: "MQTT", lists in topics). */
export type FilterLevel = string | readonly string[];

/**
 * Takes a topic filter apart, without `$share` and `$filter`. `undefined` for one that MQTT forbids: an empty one [MQTT-4.7.3-1], with a
 * null character [MQTT-4.7.3-2], `#` not last [MQTT-4.7.1-1], `#` or `+` beside other characters of the level [MQTT-4.7.1-2].
 */
export function parseTopicFilter(text: string, maximumLevels = Infinity): readonly FilterLevel[] | undefined {
  if (text === '' || text.includes('\0')) return undefined;
  const levels = text.split('/');
  if (levels.length > maximumLevels) return undefined;
  if (!levels.every((level, index) => isValidLevel(level, index === levels.length - 1))) return undefined;
  return levels.map((level) => (level.includes(',') ? [...new Set(level.split(','))] : level));
}

function isValidLevel(level: string, isLast: boolean): boolean {
  if (level === '+') return true;
  if (level === '#') return isLast;
  return !level.includes('+') && !level.includes('#');
}

/** Bytes of the longest text that MQTT can write [MQTT-1.5.4]. */
export const longestText = 65_535;

/** May a message be published to this topic? Not empty, no wildcard [MQTT-3.3.2-2], no null character. */
export function isTopicName(topic: string, maximumLevels = Infinity): boolean {
  if (topic === '' || /[+#\0]/.test(topic)) return false;
  let levels = 1;
  for (let slash = topic.indexOf('/'); slash !== -1; slash = topic.indexOf('/', slash + 1)) levels += 1;
  return levels <= maximumLevels;
}

/** Has the filter a wildcard, `+` or `#`? A list is none. */
export function hasWildcard(levels: readonly FilterLevel[]): boolean {
  return levels.some((level) => level === '+' || level === '#');
}
