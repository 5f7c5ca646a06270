import assert from 'node:assert/strict';
import type { Method } from '../../nodes/protocol/call';
import { FlespiError, type FlespiErrorCode } from '../../nodes/protocol/flespi-error';
import { backOff, mayRepeat, mostTries, nextTry, retryAfter, RetryBudget } from '../../nodes/protocol/retry';

const attempted = 'GET gw/devices/all';

function failed(
  code: FlespiErrorCode,
  after?: string,
  statusCode = 0,
  params: Record<string, string> = {},
): FlespiError {
  return new FlespiError(code, {
    attempted,
    statusCode,
    params,
    headers: after === undefined ? {} : { 'retry-after': after },
  });
}

describe('retry', () => {
  const repeats: [Method, FlespiErrorCode, boolean, string][] = [
    ['GET', 'FLESPI_SERVER_ERROR', false, 'harmless'],
    ['POST', 'FLESPI_SERVER_ERROR', false, 'no'],
    ['PUT', 'FLESPI_SERVER_ERROR', false, 'no'],
    ['DELETE', 'FLESPI_SERVER_ERROR', false, 'no'],
    ['POST', 'FLESPI_SERVER_ERROR', true, 'harmless'],
    ['POST', 'FLESPI_RATE_LIMITED', false, 'did-not-run'],
    ['POST', 'FLESPI_CONNECTION_FAILED', false, 'did-not-run'],
    ['POST', 'FLESPI_OUTCOME_UNKNOWN', false, 'no'],
    ['PATCH', 'FLESPI_OUTCOME_UNKNOWN', true, 'harmless'],
    ['GET', 'FLESPI_INCOMPLETE_ANSWER', false, 'harmless'],
    ['POST', 'FLESPI_INCOMPLETE_ANSWER', true, 'no'],
    ['GET', 'FLESPI_TIMEOUT', false, 'no'],
    ['GET', 'FLESPI_BAD_REQUEST', false, 'no'],
    ['GET', 'FLESPI_UNAUTHORIZED', false, 'no'],
    ['GET', 'FLESPI_FORBIDDEN', false, 'no'],
    ['GET', 'FLESPI_NOT_FOUND', false, 'no'],
    ['GET', 'FLESPI_BAD_ANSWER', false, 'no'],
    ['GET', 'FLESPI_ABORTED', false, 'no'],
  ];
  for (const [method, code, consent, repeat] of repeats) {
    it(`${method} after ${code}${consent ? ' with consent' : ''}: ${repeat}`, () => {
      assert.equal(mayRepeat(method, failed(code), consent), repeat);
    });
  }

  it('does not ask a wrong certificate again, nor a server for what it does not implement', () => {
    assert.equal(mayRepeat('GET', failed('FLESPI_CONNECTION_FAILED', undefined, 0, { problem: 'certificate' })), 'no');
    assert.equal(mayRepeat('GET', failed('FLESPI_SERVER_ERROR', undefined, 501)), 'no');
  });

  const now = Date.parse('2026-11-23T12:00:00Z');
  const headers: [string | string[] | undefined, number | undefined][] = [
    [undefined, undefined],
    ['', undefined],
    ['5', 5000],
    [' 120 ', 120_000],
    ['0', 0],
    ['1.5', 1500],
    ['-5', undefined],
    ['soon', undefined],
    ['1e3', undefined],
    ['12 minutes', undefined],
    ['Mon, 23 Nov 2026 12:00:30 GMT', 30_000],
    ['Monday, 23-Nov-26 12:00:30 GMT', 30_000],
    ['Mon, 23 Nov 2020 12:00:30 GMT', 0],
    ['Mon, 99 Nov 2026 12:00:30 GMT', undefined],
    ['2026-11-23T12:00:30Z', undefined],
    [['7', '9'], 7000],
    ['9'.repeat(400), undefined],
  ];
  for (const [header, milliseconds] of headers) {
    it(`reads Retry-After ${JSON.stringify(header)?.slice(0, 40)}`, () =>
      assert.equal(retryAfter(header, now), milliseconds));
  }

  it('backs off with full jitter under a doubling bound with a cap', () => {
    for (let attempt = 0; attempt < 40; attempt += 1) {
      const bound = Math.min(30_000, 500 * 2 ** attempt);
      assert.equal(
        backOff(attempt, () => 0),
        0,
      );
      assert(backOff(attempt, () => 0.999_999) <= bound);
      assert(backOff(attempt, () => 0.999_999) >= bound * 0.99);
    }
  });

  it('waits for the time that flespi names, never less, up to a fifth more', () => {
    const question = {
      method: 'GET' as const,
      error: failed('FLESPI_RATE_LIMITED', '10'),
      attempt: 0,
      remaining: 60_000,
      now,
    };
    assert.deepEqual(nextTry({ ...question, random: () => 0 }), { wait: 10_000 });
    assert.deepEqual(nextTry({ ...question, random: () => 1 }), { wait: 12_000 });
  });

  it('ends with the time when it is beyond the deadline', () => {
    const decision = nextTry({
      method: 'GET',
      error: failed('FLESPI_RATE_LIMITED', '3600'),
      attempt: 0,
      remaining: 60_000,
      now,
    });
    assert('error' in decision);
    assert.equal(decision.error.code, 'FLESPI_RATE_LIMITED');
    assert.deepEqual(decision.error.params, { seconds: 3600, until: '2026-11-23T13:00:00.000Z' });
  });

  it('backs off by itself when the time makes no sense or has passed', () => {
    for (const header of ['garbage', undefined, 'Mon, 23 Nov 2020 12:00:30 GMT']) {
      const decision = nextTry({
        method: 'GET',
        error: failed('FLESPI_RATE_LIMITED', header),
        attempt: 0,
        remaining: 60_000,
        now,
        random: () => 0.5,
      });
      assert.deepEqual(decision, { wait: 250 });
    }
  });

  it('tries three times in all', () => {
    assert.equal(mostTries, 3);
    const ask = (attempt: number) =>
      nextTry({ method: 'GET', error: failed('FLESPI_SERVER_ERROR'), attempt, remaining: 60_000 });
    assert('wait' in ask(0));
    assert('wait' in ask(1));
    assert('error' in ask(2));
  });
});

describe('RetryBudget', () => {
  function load(calls: number, perSecond = Infinity): number {
    let time = 0;
    const budget = new RetryBudget(() => time);
    let repeats = 0;
    for (let call = 0; call < calls; call += 1) {
      time += 1000 / perSecond;
      budget.earn();
      for (let attempt = 0; attempt < 2; attempt += 1) if (budget.spend()) repeats += 1;
    }
    return repeats / calls;
  }

  for (const calls of [60, 100, 1000, 60_000]) {
    it(`keeps the extra load of ${calls} failing calls within a tenth`, () =>
      assert(load(calls) <= 0.1, String(load(calls))));
  }

  it('keeps it at 100 calls a second for ten minutes', () => assert(load(60_000, 100) <= 0.06));

  it('lets a single call try again, and gives the reserve back with time', () => {
    let time = 0;
    const budget = new RetryBudget(() => time);
    assert.deepEqual(
      [1, 2, 3, 4].map(() => budget.spend()),
      [true, true, true, false],
    );
    time += RetryBudget.refill * 2;
    assert.deepEqual(
      [1, 2, 3].map(() => budget.spend()),
      [true, true, false],
    );
  });

  it('does not save up more than a few for an outage', () => {
    const budget = new RetryBudget(() => 0);
    for (let call = 0; call < 10_000; call += 1) budget.earn();
    let repeats = 0;
    while (budget.spend()) repeats += 1;
    assert.equal(repeats, RetryBudget.most);
  });
});
