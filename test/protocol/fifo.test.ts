import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Fifo } from '../../nodes/protocol/fifo';

describe('Fifo', () => {
  it('gives what an array gives, whatever comes and goes at its ends', () => {
    const doings = fc.array(fc.constantFrom('push', 'push', 'shift', 'unshift'), { maxLength: 200 });
    fc.assert(
      fc.property(doings, (all) => {
        const fifo = new Fifo<{ number: number }>();
        const model: { number: number }[] = [];
        for (const [number, doing] of all.entries()) {
          if (doing === 'shift') assert.equal(fifo.shift(), model.shift());
          else {
            const entry = { number };
            fifo[doing](entry);
            model[doing](entry);
          }
          assert.equal(fifo.size, model.length);
          assert.equal(fifo.first, model[0]);
        }
      }),
    );
  });
});
