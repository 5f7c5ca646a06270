/**
 * What flespi's pages leave open about the expression language, and what this implementation does about it. Everything
 * that is a guess is named here and nowhere else; those that could matter to a flow can be switched.
 */
export interface Assumptions {
  /** `==`, `!=` and `~` tell `a` from `A`. Unknown; people who search with `name~"*q*"` do not lower-case first. */
  readonly caseSensitive: boolean;
  /** A number compared with text such as `"12"` compares with 12. Text that is no number is an error either way. */
  readonly numericText: boolean;
  /** Empty text counts as true. An old page says that any text does; every C-like language says otherwise. */
  readonly emptyTextIsTrue: boolean;
  /** Arrays and objects count as true where a yes or no is needed; otherwise that is an error. */
  readonly jsonIsTrue: boolean;
  /** `+` joins two texts; otherwise that is an error. */
  readonly textConcatenation: boolean;
  /**
   * An array in a comparison compares as any of its elements, so that `groups.id == 1234` finds a device that is in
   * several groups; otherwise that is an error. `!=` and `!~` stay the exact opposite: none of the elements.
   */
  readonly anyElement: boolean;
  /**
   * `tonumber("payload")` reads the parameter `payload`, because "flespi API basics" prints one of its examples so.
   * Only for text that stands in the expression itself, is no number, and is the name of a parameter.
   */
  readonly quotedNameInTonumber: boolean;
  /** The functions that no page lists but that telematics expressions can hardly do without. */
  readonly unlistedFunctions: readonly string[];
}

export const defaultAssumptions: Assumptions = {
  caseSensitive: true,
  numericText: true,
  emptyTextIsTrue: false,
  jsonIsTrue: true,
  textConcatenation: true,
  anyElement: true,
  quotedNameInTonumber: true,
  unlistedFunctions: ['round', 'floor', 'ceil', 'min', 'max'],
};

/** Guesses that have no switch. They stand here so that one list is the whole list. */
export const fixedAssumptions = [
  'Text escapes are \\" \\\' \\\\ \\n \\r \\t; any other backslash is a mistake in the expression.',
  'Names are letters, digits, _ and #, in parts joined by dots; a later part may start with a digit.',
  '= and ~ and !~ bind like ==. Unary ~ is bit-not. ! and ?: work like not() and if().',
  'A key with dots in it wins over a path through objects.',
  'A path through an array collects that member of each element; none found means missing.',
  'x[...] gives null when there is nothing to take out; the missing parameter x itself is an error.',
  'json() counts members of an object in their order, and gives null when there is no such member.',
  'Text with null: == is false, != is true, ~ is false; no error. Ordering them is an error.',
  '~ wants text on its right, and text or null on its left.',
  'A ? in a pattern stands for one UTF-16 unit.',
  'Bit operators work on 64-bit integers and cut off fractions.',
  'A result that no double can hold is an error.',
  'An error on the left of && or || is an error of the whole.',
  'now() has fractions of a second.',
  'tonumber(null) is 0, tonumber of text that is no number an error.',
  'toboolean takes the texts true, false, 1, 0 and the empty text.',
  'tostring(null) is "null"; JSON turns into its JSON text.',
  'distance() and distance_to() want numbers: null is no place.',
  'previous() of a parameter that the previous message lacks is null; without a previous message it is an error.',
  'metadata() of a missing name is an error.',
  'geofence() is null outside of all geofences; inside of several, the one with the highest priority counts.',
  'Months count from 1.',
] as const;
