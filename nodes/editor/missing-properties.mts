/**
 * Puts the default into the input of every property that the node does not have: flows of an earlier version and flows
 * written by hand. Otherwise the form would show, and save, an empty one.
 */
export function showDefaults(node: EditedNode, prefix: 'node-input' | 'node-config-input'): void {
  const { defaults } = node['_def'] as NodeDefinition;
  for (const [property, { value }] of Object.entries(defaults)) {
    if (node[property] === undefined && typeof value === 'string') $(`#${prefix}-${property}`).val(value);
  }
}
