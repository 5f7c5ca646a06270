import type { Account } from './account';
import { FlespiError } from './protocol/flespi-error';
import { runCall } from './protocol/run-call';

export interface AccountTest {
  /** Account that the token belongs to. */
  cid: number;
  access: 'standard' | 'master' | 'acl';
}

const milliseconds = 10_000;

/** Asks flespi whose token this is (flespi: "Tokens"); says nothing of the token itself. */
export async function testAccount(account: Account): Promise<AccountTest> {
  const { cid } = account.settings;
  const calls = runCall(
    {
      method: 'GET',
      template: 'auth/info',
      selectors: [],
      results: 'page',
      timeout: milliseconds,
      deadline: milliseconds,
      ...(cid === undefined ? {} : { cid }),
    },
    account.http,
    { signal: new AbortController().signal },
  );
  for await (const { payload } of calls) {
    const [info] = (Array.isArray(payload) ? payload : [payload]) as [Record<string, unknown> | undefined];
    const type = (info?.['access'] as { type?: unknown } | undefined)?.type;
    const owner = info?.['cid'];
    if (typeof owner === 'number')
      return { cid: owner, access: type === 1 ? 'master' : type === 2 ? 'acl' : 'standard' };
  }
  throw new FlespiError('FLESPI_BAD_ANSWER', { attempted: 'GET auth/info', params: { problem: 'no-list' } });
}
