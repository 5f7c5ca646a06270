const deepest = 1000;
/** Long, because a search moves on by the length of what it looks for. */
const closings = [']'.repeat(64), '}'.repeat(64), '}]'.repeat(32)];

/** Node-RED copies messages by recursion; what is nested too deep for that must not get there. */
export function isTooDeep(text: string): boolean {
  // Real answers are a few levels deep, so a long run of closing brackets is rare, and the search for it nearly free.
  if (!closings.some((closing) => text.includes(closing))) return false;
  let deep = false;
  scan(text, (depth) => {
    deep ||= depth > deepest;
  });
  return deep;
}

/** True for JSON that was cut: it ends inside a text, or with brackets open. */
export function breaksOff(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false;
  let last = 0;
  const inText = scan(text, (depth) => {
    last = depth;
  });
  return inText || last > 0;
}

/** Walks over the brackets outside of texts; returns whether the end is inside one. */
function scan(text: string, visit: (depth: number) => void): boolean {
  let depth = 0;
  let inText = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (inText) {
      if (character === '\\') index += 1;
      else if (character === '"') inText = false;
    } else if (character === '"') inText = true;
    else if (character === '{' || character === '[') visit((depth += 1));
    else if (character === '}' || character === ']') visit((depth -= 1));
  }
  return inText;
}
