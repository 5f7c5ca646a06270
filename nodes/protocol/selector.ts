/** Which items one level of a path addresses (flespi: "REST selectors"). */
export type Selector =
  | { kind: 'all' }
  | { kind: 'ids'; ids: readonly (number | string)[] }
  | { kind: 'field'; field: string; value: string }
  | { kind: 'group'; id: number | string }
  | { kind: 'expression'; expression: string }
  | { kind: 'raw'; text: string };
