import type { Assumptions } from './assumptions';
import type { BrokerOptions } from './broker/broker-options';

/** How a sandbox is started; the command line of `npm run sandbox` has the same names. */
export interface SandboxOptions {
  /** Ports on 127.0.0.1; 0 is any free one. */
  httpPort?: number;
  mqttPort?: number;
  wsPort?: number;
  /** Vehicles in the fleet. */
  devices?: number;
  /** Messages per second that the whole fleet sends; 0 leaves it parked. */
  rate?: number;
  /** Key of the master token; made from the seed when left out. */
  token?: string;
  seed?: number;
  /** Opens the fault switchboard under `/sandbox/faults`; never on unless asked for. */
  admin?: boolean;
  /** PEM texts; with both, HTTP becomes HTTPS and the MQTT port TLS. */
  key?: string;
  cert?: string;
  /** Unix seconds. */
  now?: () => number;
  /** What to assume differently about the real platform. */
  assumptions?: Partial<Assumptions>;
  /** Bounds and assumptions of the broker. */
  broker?: Pick<BrokerOptions, 'limits' | 'assumptions'>;
}
