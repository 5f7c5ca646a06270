import assert from 'node:assert/strict';
import { AckBatch } from '../../nodes/protocol/ack-batch';

const puback = (...ids: number[]): string =>
  Buffer.from(ids.flatMap((id) => [0x40, 2, id >> 8, id & 0xff])).toString('hex');
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('AckBatch', () => {
  let happened: string[];
  let acks: AckBatch;
  beforeEach(() => {
    happened = [];
    acks = new AckBatch((packets) => happened.push(packets.toString('hex')));
  });

  /** A publication as Node-RED passes it on: the next node has it in the next turn. */
  function handle(id: number): void {
    setImmediate(() => happened.push(`flow has ${id}`));
    acks.add(id);
  }

  it('writes those of one turn together, once the flows have the messages', async () => {
    handle(1);
    handle(2);
    handle(300);
    await turn();
    await turn();
    assert.deepEqual(happened, ['flow has 1', 'flow has 2', 'flow has 300', puback(1, 2, 300)]);
  });

  it('leaves no message out that comes while others wait for their turn', async () => {
    handle(1);
    setImmediate(() => handle(2));
    await turn();
    handle(3);
    for (let count = 0; count < 5; count += 1) await turn();
    const at = (what: string): number => happened.findIndex((one) => one.includes(what));
    for (const id of [1, 2, 3]) assert.ok(at(`flow has ${id}`) < at(puback(id)), happened.join(', '));
    assert.equal(happened.filter((one) => one.startsWith('40')).join(''), puback(1, 2, 3));
  });

  it('writes at once what is to leave before the end, and nothing afterwards', async () => {
    handle(1);
    await turn();
    handle(2);
    acks.flush();
    assert.equal(happened.at(-1), puback(1, 2));
    acks.add(3);
    acks.clear();
    const { length } = happened;
    await turn();
    await turn();
    assert.deepEqual(happened.slice(length), ['flow has 2']);
  });
});
