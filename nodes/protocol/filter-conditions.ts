/** One condition of a `$filter` prefix (flespi: "Topic filtering"), e.g. `payload=x%3E1`. */
export interface FilterCondition {
  /** As it stands in the topic. */
  text: string;
  /** Empty when there is none. */
  name: string;
  /** `=`, or `>` as some of flespi's texts have it for times. */
  sign: string;
  /** Decoded. */
  value: string;
}

/** A raw `&` ends a condition only where the next one begins: pasted expressions may have `&&` unencoded. */
const nextCondition = /&(?=(?:payload|message|cid)=(?!=)|modified_since[=>](?!=))/;

/** Takes the level between `$filter/` and the topic apart. */
export function conditionsOf(level: string): FilterCondition[] {
  return level.split(nextCondition).map((text) => {
    const [, name = '', sign = '', value = ''] = /^(\w+)([=>])(.*)$/s.exec(text) ?? [];
    return { text, name, sign, value: decode(value) };
  });
}

/** An expression that was never encoded may hold a lone `%`: it is the modulo operator then, and stays as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
