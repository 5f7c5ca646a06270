import { Agent, request } from 'undici';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox';
import { figure, rounds, type Bench, type Figure } from './figure';

const devices = 50_000;
/** Calls before the counted ones. */
const warmUps = 5;

const calls: [what: string, path: string, milliseconds: number][] = [
  ['gw/devices/all?limit=1000', 'gw/devices/all?limit=1000', 20],
  ['the last such page', `gw/devices/all?limit=1000&offset=${devices - 1000}`, 20],
  ['an expression over telemetry', selected('{telemetry.position.speed > 60}'), 250],
  [
    'an expression over positions',
    selected('{distance(telemetry.position.latitude, telemetry.position.longitude, 54.72, 25.26) < 100}'),
    250,
  ],
  ['an expression over groups', selected('{protocol_name=="teltonika" && groups.id==1201}'), 250],
  ['an expression over metadata', selected('{metadata.fleet_id==10}'), 250],
];

function selected(expression: string): string {
  return `gw/devices/${encodeURIComponent(expression)}?fields=id&limit=100`;
}

/** The sandbox with fifty thousand devices that all have telemetry: milliseconds of a call, over HTTP and seen by its caller. */
const bench: Bench = {
  name: 'sandbox-rest',
  async run() {
    const sandbox = await startSandbox({ devices, rate: 0 });
    const agent = new Agent();
    try {
      report(sandbox);
      const figures: Figure[] = [];
      for (const [what, path, target] of calls) {
        for (let time = 0; time < warmUps; time += 1) await call(sandbox, agent, path);
        const times: number[] = [];
        for (let round = 0; round < rounds * 4; round += 1) times.push(await call(sandbox, agent, path));
        figures.push(figure(`sandbox, ${devices} devices: ${what}`, times, '<=', target, 'ms'));
      }
      return figures;
    } finally {
      await agent.destroy();
      await sandbox.close();
    }
  },
};
export default bench;

async function call({ http, token }: Sandbox, dispatcher: Agent, path: string): Promise<number> {
  const started = performance.now();
  const { statusCode, body } = await request(`${http}/${path}`, { dispatcher, headers: { authorization: token } });
  const text = await body.text();
  const milliseconds = performance.now() - started;
  if (statusCode !== 200) throw new Error(`${path} gave ${statusCode}: ${text.slice(0, 200)}`);
  return milliseconds;
}

/** A first message of every device. */
function report({ gateway, platform }: Sandbox): void {
  const timestamp = platform.now();
  for (const id of gateway.deviceIds) {
    const position = { 'position.latitude': 54 + (id % 100) / 50, 'position.longitude': 25, 'position.speed': id % 90 };
    gateway.report(id, [{ timestamp, ...position, 'engine.ignition.status': id % 2 === 0 }]);
  }
}
