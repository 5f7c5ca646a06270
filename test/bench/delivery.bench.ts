import { brokerKills, linkCuts } from './delivery/broker-kills';
import { closes } from './delivery/closes';
import { overload } from './delivery/overload';
import { redeploys } from './delivery/redeploys';
import type { Bench } from './figure';

/**
 * What is lost, how long an end takes, and what is left behind. BENCH_OVERLOAD_SECONDS=300 looks at five minutes of too much
 * instead of a quarter of one.
 */
const bench: Bench = {
  name: 'delivery',
  run: async () => [
    ...(await brokerKills()),
    ...(await linkCuts()),
    ...(await closes()),
    ...(await redeploys()),
    ...(await overload()),
  ],
};
export default bench;
