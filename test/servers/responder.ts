import { connectAsync, type MqttClient } from 'mqtt';

/** Devices 1 to this. */
export const devices = 60;

/**
 * Somebody behind a plain broker who answers `GET gw/devices/{ids}` as flespi does: on the response topic, in parts of a few
 * bytes when asked for, the last of them with `http_code`.
 */
export async function startResponder(url: string): Promise<{ close(): Promise<void> }> {
  const client: MqttClient = await connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0 });
  client.on('message', (topic, _payload, { properties }) => {
    const { responseTopic, correlationData, userProperties } = properties ?? {};
    if (responseTopic === undefined) return;
    const answer = Buffer.from(JSON.stringify({ result: itemsOf(topic.split('/').at(-1) ?? '') }));
    const size = userProperties?.['response_chunked'] === 'true' ? 7 : answer.length;
    for (let at = 0; at < answer.length; at += size) {
      const last = at + size >= answer.length;
      client.publish(responseTopic, answer.subarray(at, at + size), {
        qos: 1,
        properties: {
          ...(correlationData && { correlationData }),
          ...(last && { userProperties: { http_code: '200' } }),
        },
      });
    }
  });
  await client.subscribeAsync('flespi/rest/#', { qos: 1 });
  return { close: () => client.endAsync(true) };
}

function itemsOf(selector: string): { id: number; name: string }[] {
  const ids = selector === 'all' ? Array.from({ length: devices }, (_, index) => index + 1) : [Number(selector)];
  return ids.map((id) => ({ id, name: `Žalgirio ${id} ☀` }));
}
