import type { Node } from 'node-red';

/**
 * Ends what a node has when Node-RED closes it. `done` is called whatever happens: without it every deploy would wait for
 * 15 seconds.
 *
 * @param end `removed` is true when the node was deleted or disabled, and will not come back
 */
export function closeNode(node: Node, end: (removed: boolean) => Promise<void>): void {
  async function close(removed: boolean, done: () => void): Promise<void> {
    try {
      await end(removed);
    } catch {
      // Ending has failed as far as it can; the next instance is not helped by hearing of it.
    }
    done();
  }
  node.on('close', (removed: boolean, done: () => void) => void close(removed, done));
}
