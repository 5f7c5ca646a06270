import assert from 'node:assert/strict';
import { HeldDeliveries } from '../../nodes/protocol/held-deliveries';
import type { Delivery } from '../../nodes/protocol/subscription';

const delivery = (text: string): Delivery => ({
  topic: 'a',
  payload: Buffer.from(text),
  qos: 0,
  retain: false,
  dup: false,
  userProperties: {},
});
const all = (held: HeldDeliveries): string[] => {
  const texts: string[] = [];
  for (let one = held.shift(); one; one = held.shift()) texts.push(one.delivery.payload.toString());
  return texts;
};
const ticket = { release: () => {} };

describe('HeldDeliveries', () => {
  it('keeps the order', () => {
    const held = new HeldDeliveries({ messages: 1000, bytes: 1e6 });
    const wanted = Array.from({ length: 500 }, (_, index) => String(index));
    for (const text of wanted) held.push({ delivery: delivery(text), ticket: undefined });
    assert.deepEqual(all(held), wanted);
    assert.deepEqual([held.size, held.bytes], [0, 0]);
  });

  it('drops the oldest of QoS 0 beyond the number, and counts', () => {
    const held = new HeldDeliveries({ messages: 3, bytes: 1e6 });
    for (const text of ['1', '2', '3', '4', '5']) held.push({ delivery: delivery(text), ticket: undefined });
    assert.deepEqual(all(held), ['3', '4', '5']);
    assert.equal(held.dropped, 2);
  });

  it('drops by bytes too', () => {
    const held = new HeldDeliveries({ messages: 1000, bytes: 4000 });
    for (let count = 0; count < 50; count += 1) held.push({ delivery: delivery('x'.repeat(1000)), ticket: undefined });
    assert.ok(held.bytes <= 4000 && held.size > 0);
    assert.equal(held.dropped, 50 - held.size);
  });

  it('never drops QoS 1: the broker stops by itself', () => {
    const held = new HeldDeliveries({ messages: 2, bytes: 1e6 });
    for (const text of ['1', '2', '3']) held.push({ delivery: delivery(text), ticket });
    held.push({ delivery: delivery('q0'), ticket: undefined });
    assert.deepEqual(all(held), ['1', '2', '3']);
    assert.equal(held.dropped, 1);
  });

  it('releases what it gives up', () => {
    const held = new HeldDeliveries({ messages: 9, bytes: 1e6 });
    let released = 0;
    held.push({ delivery: delivery('1'), ticket: { release: () => (released += 1) } });
    held.clear();
    assert.deepEqual([released, held.size, held.bytes], [1, 0, 0]);
  });

  it('takes back in front what was taken out', () => {
    const held = new HeldDeliveries({ messages: 9, bytes: 1e6 });
    for (const text of ['1', '2', '3']) held.push({ delivery: delivery(text), ticket: undefined });
    const first = held.shift();
    const second = held.shift();
    assert.ok(first && second);
    held.putBack([first, second]);
    assert.deepEqual(all(held), ['1', '2', '3']);
  });

  it('keeps the order of both kinds together, in whatever mixture they come and are put back', () => {
    const held = new HeldDeliveries({ messages: 99, bytes: 1e6 });
    for (const text of ['1', 'q2', '3', 'q4', 'q5', '6']) {
      held.push({ delivery: delivery(text), ticket: text.startsWith('q') ? undefined : ticket });
    }
    const out = [held.shift(), held.shift(), held.shift()].filter((one) => one !== undefined);
    held.putBack(out);
    held.push({ delivery: delivery('q7'), ticket: undefined });
    assert.deepEqual(all(held), ['1', 'q2', '3', 'q4', 'q5', '6', 'q7']);
    assert.deepEqual([held.size, held.bytes], [0, 0]);
  });
});
