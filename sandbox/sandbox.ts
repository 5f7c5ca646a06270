import { createHash } from 'node:crypto';
import { defaultAssumptions, type Assumptions } from './assumptions';
import { createBroker, type Broker } from './broker/broker';
import type { BrokerFaults } from './broker/broker-faults';
import { createFleet, type Fleet } from './fleet/fleet';
import { historyOf } from './fleet/history';
import type { Gateway } from './fleet/gateway';
import { Platform } from './platform/platform';
import { seedPlatform } from './platform/seed-platform';
import { sessionEvent } from './platform/session-event';
import { warmUp } from './platform/warm-up';
import { createHttpServer } from './rest/http-server';
import { admin } from './rest/faults/admin';
import { RestFaults } from './rest/faults/rest-faults';
import { RequestLog } from './rest/request-log';
import { createRestHandler } from './rest/rest-handler';
import type { SandboxOptions } from './sandbox-options';

/** A running sandbox. */
export interface Sandbox {
  /** Addresses with the real ports, e.g. `http://127.0.0.1:40123`. */
  readonly http: string;
  readonly mqtt: string;
  readonly ws: string;
  /** Key of the master token. */
  readonly token: string;
  /** The account of the master token. */
  readonly cid: number;
  /** For whoever plays devices itself, e.g. a test. */
  readonly gateway: Gateway;
  readonly platform: Platform;
  readonly broker: Broker;
  readonly fleet: Fleet | undefined;
  /** How REST and MQTT misbehave; both can be changed at any time. */
  readonly faults: { rest: RestFaults; mqtt: BrokerFaults };
  /** What came in over HTTP. */
  readonly restLog: RequestLog;
  /** Ends everything; twice is once. Always ends. */
  close(): Promise<void>;
}

const historyDays = 7;
const rootCid = 2_520_539;
/** Records that the whole fleet keeps, shared evenly between its devices. */
const mostRecords = 1_000_000;

/** Starts a local flespi on 127.0.0.1. Rejects when a port is taken, with nothing left behind. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { seed = 1, devices = 20, rate = 0, key, cert, now = () => Date.now() / 1000 } = options;
  const token = options.token ?? tokenFor(seed);
  const assumptions: Assumptions = {
    ...defaultAssumptions,
    recordsPerItem: Math.max(
      100,
      Math.min(defaultAssumptions.recordsPerItem, Math.floor(mostRecords / (devices || 1))),
    ),
    ...options.assumptions,
  };
  const platform = new Platform({ assumptions, now, rootCid, publish: (event) => broker.publish(event) });
  const rest = createRestHandler({ platform, broker: () => broker, onError: warn });
  const broker: Broker = createBroker({
    accounts: platform.accounts,
    rest,
    now,
    onSession: (event, session) => sessionEvent(platform, event, session),
    ...options.broker,
  });
  platform.sessionsOf = (cid) => broker.sessions(cid).length;
  platform.tokenGone = (tokenId) => broker.revoke(tokenId);
  seedPlatform(platform, { seed, devices, key: token });
  platform.history = historyOf({ seed, devices, until: platform.startedAt, days: historyDays });
  platform.historyFrom = platform.startedAt - historyDays * 86_400;
  platform.announce();
  const endWarmUp = warmUp(platform);

  const faults = new RestFaults(seed);
  const log = new RequestLog();
  const http = createHttpServer({
    rest,
    accounts: platform.accounts,
    assumptions,
    now,
    faults,
    log,
    admin: options.admin ? (method, path, body) => admin({ rest: faults, broker, log }, method, path, body) : undefined,
    key,
    cert,
  });
  let closing: Promise<void> | undefined;
  let fleet: Fleet | undefined;
  const close = (): Promise<void> =>
    (closing ??= (async () => {
      fleet?.stop();
      endWarmUp();
      platform.close();
      await Promise.allSettled([http.close(), broker.close()]);
    })());

  try {
    const tls = { key, cert };
    const isSecure = key !== undefined && cert !== undefined;
    const httpPort = await http.listen(options.httpPort ?? 0);
    const { port: mqttPort } = await broker.listen({ port: options.mqttPort ?? 0, ...tls });
    const { port: wsPort } = await broker.listenWebSocket({ port: options.wsPort ?? 0, ...tls });
    if (devices > 0) {
      fleet = createFleet({ gateway: platform.gateway, seed, rate, now });
      platform.deviceLink = fleet;
      fleet.start();
    }
    const addresses = {
      http: `http${isSecure ? 's' : ''}://127.0.0.1:${httpPort}`,
      mqtt: `mqtt${isSecure ? 's' : ''}://127.0.0.1:${mqttPort}`,
      ws: `ws${isSecure ? 's' : ''}://127.0.0.1:${wsPort}`,
    };
    platform.addresses = addresses;
    return {
      ...addresses,
      token,
      cid: rootCid,
      gateway: platform.gateway,
      platform,
      broker,
      fleet,
      faults: { rest: faults, mqtt: broker.faults },
      restLog: log,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** 64 characters that follow from the seed. */
function tokenFor(seed: number): string {
  return createHash('sha256').update(`flespi sandbox ${seed}`).digest('hex');
}

function warn(error: unknown, attempted: string): void {
  process.emitWarning(`${attempted}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
}
