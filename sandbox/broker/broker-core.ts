import type { Accounts } from '../account/accounts';
import type { RestHandler } from '../rest/rest-call';
import type { BrokerAssumptions } from './broker-assumptions';
import type { BrokerFaults } from './broker-faults';
import type { BrokerLimits } from './broker-options';
import type { BrokerStats } from './broker-stats';
import type { Connection } from './connection';
import type { RetainedStore } from './retained-store';
import type { Router } from './router';
import type { Rpc } from './rpc';
import type { SessionStore } from './session-store';

/** What the handlers of the packets work on. */
export interface BrokerCore {
  readonly accounts: Accounts;
  readonly rest: RestHandler;
  /** Unix seconds. */
  readonly now: () => number;
  /** The same for messages: no two are alike. */
  readonly stamp: () => number;
  readonly random: () => number;
  readonly limits: BrokerLimits;
  readonly assumptions: BrokerAssumptions;
  readonly faults: BrokerFaults;
  readonly stats: BrokerStats;
  readonly sessions: SessionStore;
  readonly router: Router;
  readonly retained: RetainedStore;
  readonly rpc: Rpc;
  /** All that are open, with or without a client. */
  readonly connections: Set<Connection>;
}
