/** The text of examples/demo.json. */
export function demoExample(): Promise<string>;
