import { Pool } from 'undici';

/** The yardstick: undici alone, one page at a time, everything collected. Each message from the parent is one run. */
const [origin = '', page = '', path = ''] = process.argv.slice(2);
const pool = new Pool(origin, { connections: 1 });

async function collect(): Promise<unknown[]> {
  const items: unknown[] = [];
  const limit = Number(page);
  for (let offset = 0; ; offset += limit) {
    const { body } = await pool.request({ method: 'GET', path: `${path}?limit=${limit}&offset=${offset}` });
    const { result, pagination } = (await body.json()) as { result: unknown[]; pagination: { count: number } };
    for (const item of result) items.push(item);
    if (offset + limit >= pagination.count) return items;
  }
}

process.on('message', () => {
  const cpu = process.cpuUsage();
  const began = performance.now();
  void collect().then((items) => {
    const { user, system } = process.cpuUsage(cpu);
    process.send?.({ items: items.length, wall: performance.now() - began, cpu: (user + system) / 1000 });
  });
});
process.on('disconnect', () => process.exit());
process.send?.({ ready: true });
