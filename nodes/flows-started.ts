import type { EventEmitter } from 'node:events';
import type { NodeAPI } from 'node-red';
import { errorText } from './error-text';

/** Those who wait, by Node-RED's event bus. One listener there serves all nodes: Node.js warns of more than ten. */
const waiting = new WeakMap<EventEmitter, Set<() => void>>();

/**
 * Runs once when the flows that are being made have been made: what a node sends before that may find nobody there. Returns
 * how to call it off.
 */
export function whenFlowsStarted(RED: NodeAPI, run: () => void): () => void {
  const all = waiting.get(RED.events) ?? listen(RED);
  all.add(run);
  return () => all.delete(run);
}

function listen(RED: NodeAPI): Set<() => void> {
  const all = new Set<() => void>();
  waiting.set(RED.events, all);
  RED.events.on('flows:started', () => {
    const due = [...all];
    all.clear();
    for (const run of due) {
      try {
        run();
      } catch (error) {
        // One node's mistake must neither keep the others from starting nor reach Node-RED's own event loop.
        RED.log.error(errorText(RED, error));
      }
    }
  });
  return all;
}
