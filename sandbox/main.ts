import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startSandbox } from './sandbox';
import type { SandboxOptions } from './sandbox-options';

const usage = `A local flespi: REST, MQTT over TCP and WebSocket, and a fleet that drives.

npm run sandbox -- [options]

  --http-port N   port of the REST API on 127.0.0.1, 0 for any free one (default 0)
  --mqtt-port N   port of MQTT over TCP (default 0)
  --ws-port N     port of MQTT over WebSocket (default 0)
  --devices N     vehicles in the fleet (default 20)
  --rate N        messages per second of the whole fleet, 0 leaves it parked (default 5)
  --token T       key of the master token (default: made from the seed)
  --seed N        what the fleet, its past and the token are made from (default 1)
  --admin         switch faults on and off at /sandbox/faults
  --key FILE      private key and
  --cert FILE     certificate, both PEM: https, mqtts and wss in place of http, mqtt and ws
  --help          this text

Prints one line of JSON when it is ready: {"http":..,"mqtt":..,"ws":..,"token":..}. Ends with Ctrl-C.
`;

/** A mistake of whoever typed the command; the message says what to do. */
class UsageError extends Error {}

main().catch((error: unknown) => {
  console.error(sentence(error));
  process.exitCode = 1;
});

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') {
    console.log(usage);
    return;
  }
  const sandbox = await startSandbox(options);
  const { http, mqtt, ws, token } = sandbox;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      // Whatever is still open must not keep the process.
      sandbox.close().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
  console.log(JSON.stringify({ http, mqtt, ws, token }));
}

function readOptions(argv: readonly string[]): SandboxOptions | 'help' {
  const { values } = parse(argv);
  if (values.help) return 'help';
  if ((values.key === undefined) !== (values.cert === undefined)) {
    throw new UsageError('Give --key and --cert together, or neither of them.');
  }
  const options: SandboxOptions = {
    httpPort: port('--http-port', values['http-port']),
    mqttPort: port('--mqtt-port', values['mqtt-port']),
    wsPort: port('--ws-port', values['ws-port']),
    devices: whole('--devices', values.devices ?? '20', 0, 200_000),
    rate: number('--rate', values.rate ?? '5', 0, 100_000),
    seed: whole('--seed', values.seed ?? '1', 0, 2 ** 31),
    admin: values.admin ?? false,
  };
  if (values.token !== undefined) options.token = tokenKey(values.token);
  if (values.key !== undefined) options.key = file('--key', values.key);
  if (values.cert !== undefined) options.cert = file('--cert', values.cert);
  return options;
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        'http-port': { type: 'string' },
        'mqtt-port': { type: 'string' },
        'ws-port': { type: 'string' },
        devices: { type: 'string' },
        rate: { type: 'string' },
        token: { type: 'string' },
        seed: { type: 'string' },
        admin: { type: 'boolean' },
        key: { type: 'string' },
        cert: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    const [what] = /^[^.\n]+/.exec(error instanceof Error ? error.message : '') ?? ['Unknown option'];
    throw new UsageError(`${what}. See npm run sandbox -- --help.`);
  }
}

function port(name: string, text: string | undefined): number {
  return whole(name, text ?? '0', 0, 65_535);
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = number(name, text, least, most);
  if (Number.isInteger(value)) return value;
  throw new UsageError(`${name} must be a whole number, got "${text}".`);
}

function number(name: string, text: string, least: number, most: number): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`${name} must be a number from ${least} to ${most}, got "${text}".`);
}

function tokenKey(text: string): string {
  if (/^[\w-]{16,}$/.test(text)) return text;
  throw new UsageError('--token must be 16 letters and digits or more.');
}

function file(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new UsageError(`${name}: ${path} cannot be read; give the path of a PEM file.`);
  }
}

function sentence(error: unknown): string {
  if (error instanceof UsageError) return error.message;
  const { code, port: taken, message } = error as { code?: string; port?: number; message?: string };
  if (code === 'EADDRINUSE') return `Port ${taken} is in use; choose another one, or 0 for any free one.`;
  if (code === 'EACCES') return `Port ${taken} may not be opened; choose one above 1023, or 0 for any free one.`;
  if (code?.startsWith('ERR_OSSL') === true)
    return 'The key and the certificate do not fit; give a PEM key and its certificate.';
  return `The sandbox could not start: ${message ?? String(error)}`;
}
