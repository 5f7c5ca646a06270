import { plain } from './plain.mts';
import { text } from './text.mts';

/** `${NAME}` or `$(NAME)`, which Node-RED replaces from the environment before the node sees it. */
export const isEnvironment = (value: unknown): boolean => /^\$[{(].+[)}]$/.test(plain(value).trim());

/** Accepts whole numbers of a range, also as text, `${NAME}`, and with `blank` nothing at all. */
export function checkNumber(min: number, max: number, blank?: 'blank'): Validator {
  // Two declared parameters: see Validator.
  return function (value, _options) {
    if (value === undefined || isEnvironment(value)) return true;
    const typed = plain(value).trim();
    if (typed === '') return blank === 'blank' || reason(min, max);
    const number = Number(typed);
    return (Number.isSafeInteger(number) && number >= min && number <= max) || reason(min, max);
  };
}

const reason = (min: number, max: number): string => text('call.invalid.number', { min, max });
