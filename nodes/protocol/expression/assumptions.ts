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

/** Guesses that have no switch, each with the file to change. They stand here so that one list is the whole list. */
export const fixedAssumptions: readonly { readonly says: string; readonly where: string }[] = [
  { says: 'Escapes in text are \\" \\\' \\\\ \\n \\r \\t; any other backslash is a mistake.', where: 'lexer.ts' },
  {
    says: 'Names are letters, digits, _ and #, joined by dots; a later part may start with a digit.',
    where: 'lexer.ts',
  },
  { says: '= ~ !~ bind like ==; a unary ~ is bit-not; ! and ?: work like not() and if().', where: 'grammar.ts' },
  { says: 'A key with dots in it wins over a path through objects.', where: 'scope.ts' },
  { says: 'A path through an array collects from each element; nothing found is missing.', where: 'scope.ts' },
  { says: 'x[...] is null when there is nothing at that place; a missing x itself is an error.', where: 'scope.ts' },
  {
    says: 'Text or JSON with null: == is false, != is true, ~ is false; ordering is an error.',
    where: 'operations.ts',
  },
  { says: '~ wants text on its right, and text or null on its left.', where: 'operations.ts' },
  { says: 'Two arrays do not compare with each other.', where: 'operations.ts' },
  { says: 'An error on the left of && or || is an error of the whole.', where: 'evaluator.ts' },
  { says: 'Bit operators work on 64-bit integers and cut off fractions.', where: 'operations.ts' },
  { says: 'A result that no double can hold is an error.', where: 'operations.ts' },
  { says: 'A ? in a pattern stands for one UTF-16 unit; no escape makes * or ? plain.', where: 'wildcard.ts' },
  { says: 'now() has fractions of a second.', where: 'functions.ts' },
  { says: 'Months count from 1.', where: 'calendar.ts' },
  { says: 'json() counts the members of an object in their order; no such member is null.', where: 'conversion.ts' },
  { says: 'tonumber(null) is 0, tonumber of text that is no number an error.', where: 'conversion.ts' },
  { says: 'toboolean takes the texts true, false, 1, 0 and empty text.', where: 'conversion.ts' },
  { says: 'tostring(null) is "null"; JSON becomes its JSON text.', where: 'conversion.ts' },
  { says: 'distance() and distance_to() want numbers: null is no place.', where: 'position.ts' },
  { says: 'geofence() is null outside; of several geofences the highest priority counts.', where: 'position.ts' },
  { says: 'A corridor reaches half its width to either side.', where: 'geo.ts' },
  {
    says: 'previous() of what the previous message lacks is null; no previous message is an error.',
    where: 'functions.ts',
  },
  { says: 'metadata() of a missing name is an error.', where: 'functions.ts' },
];
