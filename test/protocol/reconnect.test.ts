import assert from 'node:assert/strict';
import { patienceFor } from '../../nodes/protocol/mqtt-refusal';
import { ReconnectPolicy, type Outcome } from '../../nodes/protocol/reconnect';

const lost = (more: Partial<Outcome> = {}): Outcome => ({ patience: 'soon', connectedFor: undefined, at: 0, ...more });
const always = (random: number) => new ReconnectPolicy(() => random);

/** A small generator with a seed: what it shows holds every time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('ReconnectPolicy', () => {
  it('waits up to a limit that doubles from a second to a minute', () => {
    const policy = always(1);
    const limits = Array.from({ length: 9 }, () => policy.delayAfter(lost()) / 1000);
    assert.deepEqual(limits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it('uses the whole range, so that many clients spread', () => {
    const buckets = new Map<number, number>();
    const clients = 1000;
    const random = seeded(7);
    for (let client = 0; client < clients; client += 1) {
      const policy = new ReconnectPolicy(random);
      // An outage of a minute: when does each come back after the broker is there again?
      let at = 0;
      while (at < 60_000) at += policy.delayAfter(lost({ at }));
      const second = Math.floor(at / 1000);
      buckets.set(second, (buckets.get(second) ?? 0) + 1);
    }
    assert.ok(Math.max(...buckets.values()) <= clients * 0.2, 'no second holds more than a fifth of the attempts');
  });

  it('starts over only after a stable minute', () => {
    const policy = always(1);
    for (let count = 0; count < 4; count += 1) policy.delayAfter(lost());
    assert.equal(policy.delayAfter(lost({ connectedFor: 59_000 })), 16_000);
    assert.equal(policy.delayAfter(lost({ connectedFor: 61_000 })), 1000);
  });

  it('makes at most 25 connections in ten minutes to a broker that accepts and drops after a second (C5)', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const policy = new ReconnectPolicy(seeded(seed));
      let at = 0;
      let connects = 0;
      while (at < 600_000) {
        connects += 1;
        at += 1000;
        at += policy.delayAfter(lost({ connectedFor: 1000, at }));
      }
      assert.ok(connects <= 25, `${connects} connections with seed ${seed}`);
    }
  });

  it('suspects a take-over after three short links in a minute, and waits at least 30 s (C9)', () => {
    const policy = always(0);
    assert.equal(policy.delayAfter(lost({ connectedFor: 500, at: 1000 })), 0);
    assert.equal(policy.delayAfter(lost({ connectedFor: 500, at: 2000 })), 0);
    assert.equal(policy.takeOverSuspected, false);
    assert.equal(policy.delayAfter(lost({ connectedFor: 500, at: 3000 })), 30_000);
    assert.equal(policy.takeOverSuspected, true);
    assert.equal(policy.delayAfter(lost({ at: 90_000 })), 0, 'a minute later it is forgotten');
  });

  /** [reason code, least wait in ms]. */
  const codes: [number, number][] = [
    [0x86, 300_000],
    [0x87, 300_000],
    [4, 300_000],
    [5, 300_000],
    [0x84, 300_000],
    [0x8a, 300_000],
    [0x9c, 300_000],
    [0x9d, 300_000],
    [0x8e, 30_000],
    [0x9f, 5000],
    [0x96, 5000],
    [0x88, 0],
    [0x89, 0],
    [0x8b, 0],
    [0x97, 0],
    [0x98, 0],
    [3, 0],
  ];
  for (const [code, least] of codes) {
    it(`waits at least ${least / 1000} s after reason code 0x${code.toString(16)}, with jitter (C6 to C10)`, () => {
      const patience = patienceFor(code);
      const [shortest, longest] = [0, 1].map((random) => always(random).delayAfter(lost({ patience }))) as [
        number,
        number,
      ];
      assert.ok(shortest >= least && shortest < least + 1);
      assert.ok(longest > shortest && longest <= Math.max(1000, least * 2));
    });
  }
});
