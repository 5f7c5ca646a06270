import { brokerKills, linkCuts } from './delivery/broker-kills';
import { closes } from './delivery/closes';
import { overload } from './delivery/overload';
import { redeploys } from './delivery/redeploys';
import type { Bench, Figure } from './figure';

/** With a broker that can be killed and stopped. */
async function onMosquitto(): Promise<Figure[]> {
  if (process.env['FLESPI_TEST_WITHOUT']?.includes('mosquitto')) {
    console.log('      Not measured without Mosquitto: broker kills, link cuts, closes');
    return [];
  }
  return [...(await brokerKills()), ...(await linkCuts()), ...(await closes())];
}

/**
 * What is lost, how long an end takes, and what is left behind. BENCH_OVERLOAD_SECONDS=300 looks at five minutes of too much
 * instead of a quarter of one.
 */
const bench: Bench = {
  name: 'delivery',
  run: async () => [...(await onMosquitto()), ...(await redeploys()), ...(await overload())],
};
export default bench;
