/** A tab that fills with nodes: gives ids, places by the left edge, draws wires and groups. */
export class FlowSheet {
  nodes = [];
  #tab;
  #lastId = 0x10;

  constructor(tab) {
    this.#tab = tab.id;
    this.nodes.push(tab);
  }

  /** A node whose left edge is at `left`; the editor knows nodes by their middle. */
  place(type, name, left, y, properties = {}) {
    const node = { id: this.#newId(), type, z: this.#tab, name, ...properties, x: 0, y, wires: [] };
    const label = name || `[${properties.method ?? ''}] ${properties.url ?? 'http'}`;
    // An inject node has its button on the left, and a sign after its name when it repeats.
    const [button, sign] = type === 'inject' ? [20, ' ↻'] : [0, ''];
    node.x = left + button + widthOf(label + sign) / 2;
    this.nodes.push(node);
    return node;
  }

  /** Wires a node: one argument for each output, a node or a list of them. */
  wire(from, ...outputs) {
    from.wires = outputs.map((targets) => [targets].flat().map(({ id }) => id));
  }

  /** Wires nodes one after the other. */
  chain(...nodes) {
    for (const [index, node] of nodes.entries()) if (index > 0) this.wire(nodes[index - 1], node);
  }

  /**
   * A frame with a title around all nodes that `fill` places; gives what `fill` gives. The editor fits the frame to the nodes
   * when it loads the flow.
   */
  group(name, fill) {
    const before = this.nodes.length;
    const result = fill();
    const members = this.nodes.slice(before);
    const id = this.#newId();
    const ys = members.map(({ y }) => y);
    for (const member of members) member.g = id;
    this.nodes.push({
      id,
      type: 'group',
      z: this.#tab,
      name,
      style: { label: true, stroke: '#8fa5ab', fill: '#e9f1f3', 'fill-opacity': '0.35', color: '#3f5f66' },
      nodes: members.map((member) => member.id),
      x: 34,
      y: Math.min(...ys) - 41,
      w: 1132,
      h: Math.max(...ys) - Math.min(...ys) + 82,
    });
    return result;
  }

  #newId() {
    this.#lastId += 1;
    return `f1e5b1000000${this.#lastId.toString(16).padStart(4, '0')}`;
  }
}

/** About how wide the editor draws a node: its label, an icon, rounded up to the grid. */
function widthOf(label) {
  let text = 0;
  for (const letter of label) text += /[iltfjr.,'\s/:[\]]/.test(letter) ? 4 : /[mw]/.test(letter) ? 12 : 8.6;
  return Math.max(100, 20 * Math.ceil((text + 57) / 20));
}
