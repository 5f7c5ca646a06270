import assert from 'node:assert/strict';
import { systemClock, type Clock } from '../../nodes/protocol/clock';
import type { ConnectionState } from '../../nodes/protocol/connection-state';
import { MqttConnection, randomClientId, type MqttConnectionOptions } from '../../nodes/protocol/mqtt-connection';
import type { Subscription, SubscriptionRequest } from '../../nodes/protocol/subscription';
import { Collector } from './collector';

/** Time as it is, but half a minute passes at once: so long do links wait that were cut three times in a minute. */
export const hasty: Clock = {
  ...systemClock,
  after: (milliseconds, run) =>
    systemClock.after(milliseconds >= 30_000 && milliseconds < 60_000 ? 10 : milliseconds, run),
};

export interface BrokerAddress {
  url: string;
  token: string;
}

/** Connections of one test, closed after it. */
export class Connections {
  #all: MqttConnection[] = [];

  open(target: BrokerAddress, options: Partial<MqttConnectionOptions> = {}): MqttConnection {
    const connection = new MqttConnection({
      url: target.url,
      token: () => target.token,
      clientId: randomClientId('test'),
      // First attempts after a loss come at once.
      random: () => 0.01,
      ...options,
    });
    this.#all.push(connection);
    connection.acquire();
    return connection;
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.splice(0).map((connection) => connection.close()));
  }
}

/** The state once it is of this kind. */
export async function reached<Kind extends ConnectionState['kind']>(
  connection: MqttConnection,
  kind: Kind,
): Promise<Extract<ConnectionState, { kind: Kind }>> {
  while (connection.state.kind !== kind) {
    await new Promise<void>((resolve) => {
      const stop = connection.onState(() => {
        stop();
        resolve();
      });
    });
  }
  return connection.state as Extract<ConnectionState, { kind: Kind }>;
}

/** A listener whose subscription the broker has granted. */
export async function listen(
  connection: MqttConnection,
  filter: string,
  request: Partial<SubscriptionRequest> = {},
  collector = new Collector(),
): Promise<Collector & { subscription: Subscription }> {
  const subscription = connection.subscribe({ filter, qos: 1, ...request }, collector);
  await collector.is('subscribed');
  return Object.assign(collector, { subscription });
}

/** What was published before has been delivered when this settles: one broker, one order. */
export async function settled(connection: MqttConnection, ...collectors: Collector[]): Promise<void> {
  const mark = await listen(connection, 'mark/#', { retainHandling: 2 });
  await connection.publish({ topic: 'mark/x', payload: 'mark', qos: 1 });
  await mark.count(1);
  await mark.subscription.close(true);
  assert.ok(collectors.every(({ deliveries }) => deliveries.length < 100_000));
}
