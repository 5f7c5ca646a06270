import { createServer } from 'node:http';

/**
 * A collection in a process of its own, so that its work does not count as the client's: bodies are made before the first
 * request. Settings come as JSON in the only argument; requests are counted, and told when the parent asks.
 */
interface Settings {
  items: number;
  page: number;
  /** Milliseconds before each answer. */
  latency: number;
  /** Every so manieth answer is a 503; 0 for none. */
  failEvery: number;
}

const settings = JSON.parse(process.argv[2] ?? '{}') as Settings;

/** About 580 bytes, as device items with their telemetry are. */
function item(id: number): object {
  return {
    id,
    name: `vehicle ${id}`,
    cid: 2_520_539,
    enabled: true,
    device_type_id: 350,
    protocol_id: 13,
    configuration: { ident: String(352_625_000_000_000 + id), phone: '', settings_polling: 'once' },
    messages_ttl: 31_536_000,
    messages_rotate: 0,
    last_active: 1_700_000_000 + id,
    connected: id % 3 === 0,
    telemetry: {
      'position.latitude': { ts: 1_700_000_000 + id, value: 54.7 + (id % 1000) / 10_000 },
      'position.longitude': { ts: 1_700_000_000 + id, value: 25.2 + (id % 777) / 10_000 },
      'position.speed': { ts: 1_700_000_000 + id, value: id % 130 },
      'battery.voltage': { ts: 1_700_000_000 + id, value: 12 + (id % 30) / 10 },
    },
  };
}

const bodies = new Map<number, Buffer>();
for (let offset = 0; offset < settings.items; offset += settings.page) {
  const result = Array.from({ length: Math.min(settings.page, settings.items - offset) }, (_, index) =>
    item(offset + index + 1),
  );
  const pagination = { limit: settings.page, offset, count: settings.items };
  bodies.set(offset, Buffer.from(JSON.stringify({ result, pagination })));
}

let requests = 0;
const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  requests += 1;
  const query = new URL(request.url ?? '', 'http://server.invalid').searchParams;
  const body = bodies.get(Number(query.get('offset') ?? 0));
  const fails =
    settings.failEvery > 0 && requests % settings.failEvery === Math.ceil(settings.failEvery / 2) % settings.failEvery;
  const answer = (): void => {
    if (fails || !body || query.get('limit') !== String(settings.page)) {
      response.writeHead(fails ? 503 : 400).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
  };
  if (settings.latency > 0) setTimeout(answer, settings.latency);
  else answer();
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : 0 });
});
process.on('message', () => {
  process.send?.({ requests });
  requests = 0;
});
process.on('disconnect', () => process.exit());
