import { format } from 'prettier';
import { demoFlow } from './demo-flow.mjs';
import { fleetPage } from './fleet-page.mjs';

/** The text of examples/demo.json. */
export async function demoExample() {
  return format(JSON.stringify(demoFlow(await fleetPage())), { parser: 'json', printWidth: 120 });
}
