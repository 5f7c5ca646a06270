import assert from 'node:assert/strict';
import { FlespiError } from '../../nodes/protocol/flespi-error';
import { Pace, type Waiting } from '../../nodes/protocol/pace';

const { signal: never } = new AbortController();
const attempted = 'GET gw/devices/all';

function isCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof FlespiError && error.code === code;
}

describe('Pace', () => {
  it('lets only so many run at a time, in order of arrival', async () => {
    const pace = new Pace({ concurrency: 2 });
    const order: number[] = [];
    let running = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const leave = await pace.enter(never, attempted);
        order.push(index);
        running += 1;
        most = Math.max(most, running);
        await new Promise(setImmediate);
        running -= 1;
        leave();
        leave();
      }),
    );
    assert.equal(most, 2);
    assert.deepEqual(
      order,
      Array.from({ length: 20 }, (_, index) => index),
    );
    assert.equal(pace.active, 0);
    assert.equal(pace.waiting, 0);
  });

  it('refuses what does not fit into the queue', async () => {
    const pace = new Pace({ concurrency: 1, queue: 2 });
    const leave = await pace.enter(never, attempted);
    const waiting = [pace.enter(never, attempted), pace.enter(never, attempted)];
    await assert.rejects(pace.enter(never, attempted), isCode('FLESPI_QUEUE_FULL'));
    leave();
    (await waiting[0])?.();
    (await waiting[1])?.();
    assert.equal(pace.active, 0);
  });

  it('lets no stretch of a second have more beginnings than allowed', async () => {
    const pace = new Pace({ perSecond: 10, concurrency: 100 });
    const begun: number[] = [];
    await Promise.all(
      Array.from({ length: 25 }, async () => {
        const leave = await pace.enter(never, attempted);
        begun.push(performance.now());
        leave();
      }),
    );
    for (let index = 10; index < begun.length; index += 1)
      assert((begun[index] as number) - (begun[index - 10] as number) >= 999, String(index));
    assert((begun[24] as number) - (begun[0] as number) < 3000);
  });

  it('counts by the minute with a clock of its own', async () => {
    let time = 0;
    const pace = new Pace({ perMinute: 2, concurrency: 9, monotonic: () => time, now: () => 1_000_000 + time });
    (await pace.enter(never, attempted))();
    time = 20_000;
    (await pace.enter(never, attempted))();
    const told: Waiting[] = [];
    const controller = new AbortController();
    const third = pace.enter(controller.signal, attempted, (waiting) => told.push(waiting));
    assert.deepEqual(told, [{ reason: 'rate-limit', until: 1_060_000 }]);
    controller.abort();
    await assert.rejects(third, isCode('FLESPI_ABORTED'));
    time = 60_000;
    (await pace.enter(never, attempted))();
  });

  it('holds everybody back for a pause, those who already wait too', async () => {
    const pace = new Pace({ concurrency: 1 });
    const leave = await pace.enter(never, attempted);
    const told: Waiting[] = [];
    const second = pace.enter(never, attempted, (waiting) => told.push(waiting));
    assert.deepEqual(told, [{ reason: 'queue' }]);
    pace.pause(40);
    const began = performance.now();
    leave();
    const third = pace.enter(never, attempted);
    (await second)();
    (await third)();
    assert(performance.now() - began >= 39);
    assert.equal(told.at(-1)?.reason, 'rate-limit');
  });

  it('tells each that it waits once, not with every request that ends', async () => {
    const pace = new Pace({ concurrency: 1 });
    let told = 0;
    await Promise.all(
      Array.from({ length: 100 }, async () => {
        const leave = await pace.enter(never, attempted, () => (told += 1));
        await new Promise(setImmediate);
        leave();
      }),
    );
    assert.equal(told, 99);
  });

  it('forgets who gives up, and fails with the reason', async () => {
    const pace = new Pace({ concurrency: 1 });
    const leave = await pace.enter(never, attempted);
    const controller = new AbortController();
    const timeout = new FlespiError('FLESPI_TIMEOUT', { attempted });
    const second = pace.enter(controller.signal, attempted);
    const third = pace.enter(never, attempted);
    controller.abort(timeout);
    await assert.rejects(second, (error) => error === timeout);
    await assert.rejects(pace.enter(controller.signal, attempted), (error) => error === timeout);
    leave();
    (await third)();
    assert.equal(pace.waiting, 0);
  });

  it('ends with everybody who waits', async () => {
    const pace = new Pace({ concurrency: 1 });
    await pace.enter(never, attempted);
    const second = pace.enter(never, attempted);
    pace.close();
    await assert.rejects(second, isCode('FLESPI_ABORTED'));
    await assert.rejects(pace.enter(never, attempted), isCode('FLESPI_ABORTED'));
  });

  it('refuses a limit that is none', () => {
    for (const perMinute of [0, -1, 1.5, NaN]) assert.throws(() => new Pace({ perMinute }), isCode('FLESPI_BAD_INPUT'));
  });
});
