import { connectAsync, type MqttClient } from 'mqtt';
import type { Called, Load } from './make-calls';

/** Calls by a promise around mqtt.js with one response topic and a map of correlations; its arguments are a port and the loads. */
async function main(port: string, loads: readonly Load[]): Promise<void> {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5, log: () => {} });
  const { stream } = client;
  if ('setNoDelay' in stream && typeof stream.setNoDelay === 'function') stream.setNoDelay(true);
  const waiting = new Map<string, (payload: Buffer) => void>();
  client.on('message', (_topic, payload, { properties }) => {
    const id = String(properties?.correlationData);
    waiting.get(id)?.(payload);
    waiting.delete(id);
  });
  await client.subscribeAsync('answers/plain', { qos: 0 });
  const [warmUp = { calls: 1, atOnce: 1 }] = loads;
  await measure(client, waiting, warmUp);
  const results: Called[] = [];
  for (const load of loads) results.push(await measure(client, waiting, load));
  process.send?.(results);
}

let count = 0;

async function measure(
  client: MqttClient,
  waiting: Map<string, (payload: Buffer) => void>,
  { calls, atOnce }: Load,
): Promise<Called> {
  const latencies: number[] = [];
  const call = (): Promise<unknown> =>
    new Promise((resolve) => {
      count += 1;
      waiting.set(String(count), (payload) => resolve(JSON.parse(payload.toString())));
      client.publish('flespi/rest/get/gw/devices/all', '{"limit":1000}', {
        qos: 0,
        properties: { responseTopic: 'answers/plain', correlationData: Buffer.from(String(count)) },
      });
    });
  let sent = 0;
  const line = async (): Promise<void> => {
    while (sent < calls) {
      sent += 1;
      const began = performance.now();
      await call();
      latencies.push(performance.now() - began);
    }
  };
  const began = performance.now();
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: atOnce }, line));
  const { user, system } = process.cpuUsage(before);
  return {
    calls,
    wall: performance.now() - began,
    cpu: (user + system) / 1000,
    median: latencies.sort((left, right) => left - right)[latencies.length >> 1] ?? 0,
    peak: process.resourceUsage().maxRSS * 1024,
  };
}

void main(process.argv[2] ?? '', JSON.parse(process.argv[3] ?? '[]') as Load[]);
