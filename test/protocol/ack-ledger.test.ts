import assert from 'node:assert/strict';
import { AckLedger, type AckTicket } from '../../nodes/protocol/ack-ledger';

function ledgerOf(window: number): { ledger: AckLedger; sent: number[] } {
  const sent: number[] = [];
  return { ledger: new AckLedger((id) => sent.push(id), { window, messages: 1000, bytes: 1e6 }), sent };
}

describe('AckLedger', () => {
  it('acknowledges in the order of arrival, whatever is finished first', () => {
    const { ledger, sent } = ledgerOf(100);
    const [first, second, third] = [1, 2, 3].map((id) => ledger.add(id, 10, 1)) as [AckTicket, AckTicket, AckTicket];
    third.release();
    second.release();
    assert.deepEqual(sent, []);
    first.release();
    assert.deepEqual(sent, [1, 2, 3]);
    assert.equal(ledger.size, 0);
  });

  it('waits for the last of several holders', () => {
    const { ledger, sent } = ledgerOf(100);
    const ticket = ledger.add(9, 10, 2);
    ticket.release();
    assert.deepEqual(sent, []);
    ticket.release();
    assert.deepEqual(sent, [9]);
  });

  it('lets the others pass when one has kept back most of the window', () => {
    const { ledger, sent } = ledgerOf(8);
    ledger.add(1, 10, 1);
    const rest = [2, 3, 4, 5, 6, 7].map((id) => ledger.add(id, 10, 1));
    for (const ticket of rest) ticket.release();
    assert.ok(sent.length > 0, 'the broker may go on');
    assert.ok(!sent.includes(1), 'the one that is held is not acknowledged');
    assert.ok(ledger.size < 8);
  });

  it('acknowledges nothing after the end of its link', () => {
    const { ledger, sent } = ledgerOf(100);
    const ticket = ledger.add(1, 10, 1);
    ledger.void();
    ticket.release();
    assert.deepEqual(sent, []);
    assert.equal(ledger.size, 0);
  });

  it('is full by number and by bytes, and says when there is room again', async () => {
    const ledger = new AckLedger(() => {}, { window: 100, messages: 2, bytes: 100 });
    const large = ledger.add(1, 100, 1);
    assert.ok(ledger.full);
    const room = ledger.room();
    large.release();
    await room;
    const small = [2, 3].map((id) => ledger.add(id, 1, 1));
    assert.ok(ledger.full);
    small[0]?.release();
    assert.ok(!ledger.full);
    ledger.add(4, 1, 1);
    const never = ledger.room();
    ledger.void();
    await never;
  });
});
