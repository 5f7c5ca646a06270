import { checkExpression, describe, isObject, type JsonObject } from './check-fields';
import { deviceTypeById } from './dictionaries';
import type { Item } from './item';
import type { Platform } from './platform';
import { RecordStore } from './record-store';
import { badRequest, Rejection } from './rejection';

/** A command that waits for its device (flespi KB "Commands and settings"). */
export interface QueuedCommand {
  id: number;
  device_id: number;
  name: string;
  properties: JsonObject;
  ttl: number;
  expires: number;
  priority: number;
  max_attempts: number;
  attempts: number;
  condition: string;
  meta: JsonObject;
  timestamp: number;
}

/** A command that is over; `executed` tells how it ended. */
export interface CommandResult {
  id: number;
  device_id: number;
  name: string;
  properties: JsonObject;
  timestamp: number;
  executed: boolean;
  response: unknown;
}

/** Words at the end of the topics of a command's life (flespi MediaBox). */
type Stage = 'queued' | 'sent' | 'processed' | 'canceled' | 'expired';

/** Event codes of a device's log (flespi Skill). */
const eventCodes: Partial<Record<Stage, number>> = { queued: 330, expired: 333, processed: 334 };
const realTimeFields = ['name', 'properties', 'timeout', 'address'];
const queueFields = [
  'name',
  'properties',
  'ttl',
  'expires',
  'priority',
  'max_attempts',
  'condition',
  'meta',
  'address',
];
/** Seconds that one delivery may take. */
const patience = 60;
const sweepEvery = 1000;

/** Commands to devices, at once or by the queue. */
export class DeviceCommands {
  readonly #platform: Platform;
  readonly #closing = new AbortController();
  /** Devices whose queue is being worked off; one command at a time each. */
  readonly #busy = new Set<number>();
  /** Devices with something in the queue. */
  readonly #waiting = new Set<number>();
  #sweeper: NodeJS.Timeout | undefined;
  #lastId = 7000;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** Sends a command and waits for the answer. Rejects with a Rejection that names the device. */
  async execute(device: Item, body: unknown): Promise<CommandResult> {
    const { name, properties, timeout } = this.#check(device, body, realTimeFields);
    const { commandTimeout } = this.#platform.assumptions;
    const seconds = inRange('timeout', timeout ?? commandTimeout.default, commandTimeout);
    const { deviceLink, devices } = this.#platform;
    const command = { id: (this.#lastId += 1), device_id: device.id, name, properties };
    if (!deviceLink || !devices.get(device.id)?.connection) throw notDelivered(device.id);
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(seconds * 1000)]);
    try {
      const response = await within(deviceLink.command(device.id, name, properties, signal), signal);
      return this.#keep(device, { ...command, timestamp: this.#platform.now(), executed: true, response });
    } catch (error) {
      if (error instanceof Rejection) throw error;
      throw notDelivered(device.id);
    }
  }

  /** Puts a command into the queue. */
  enqueue(device: Item, body: unknown): QueuedCommand {
    const { name, properties, ttl, expires, priority, max_attempts, condition, meta } = this.#check(
      device,
      body,
      queueFields,
    );
    const { assumptions, now } = this.#platform;
    checkExpression('condition', condition);
    const timestamp = now();
    const life = inRange(
      'ttl',
      ttl ?? (typeof expires === 'number' ? expires - timestamp : assumptions.commandTtl.default),
      assumptions.commandTtl,
    );
    const command: QueuedCommand = {
      id: (this.#lastId += 1),
      device_id: device.id,
      name,
      properties,
      ttl: Math.round(life),
      expires: Math.round(timestamp + life),
      priority: typeof priority === 'number' ? priority : 0,
      max_attempts: typeof max_attempts === 'number' ? max_attempts : assumptions.commandAttempts,
      attempts: 0,
      condition: typeof condition === 'string' ? condition : '',
      meta: isObject(meta) ? meta : {},
      timestamp,
    };
    (this.#platform.devices.of(device.id).queue ??= new Map()).set(command.id, command);
    this.#waiting.add(device.id);
    this.#announce(device, command, 'queued');
    this.#sweep();
    this.deliver(device);
    return command;
  }

  cancel(device: Item, command: QueuedCommand): void {
    if (this.#take(device, command)) this.#announce(device, command, 'canceled');
  }

  /** Works the queue off while the device is connected; called when it connects too. */
  deliver(device: Item): void {
    if (!this.#busy.has(device.id) && !this.#closing.signal.aborted) void this.#drain(device);
  }

  close(): void {
    this.#closing.abort();
    clearTimeout(this.#sweeper);
    this.#sweeper = undefined;
  }

  /** Never rejects. */
  async #drain(device: Item): Promise<void> {
    this.#busy.add(device.id);
    try {
      for (let command = this.#next(device.id); command; command = this.#next(device.id)) {
        await this.#attempt(device, command);
        if (this.#closing.signal.aborted) return;
      }
    } finally {
      this.#busy.delete(device.id);
    }
  }

  /** The command to send now: the highest priority first, then the oldest. */
  #next(deviceId: number): QueuedCommand | undefined {
    const state = this.#platform.devices.get(deviceId);
    if (!state?.connection || !this.#platform.deviceLink) return undefined;
    let next: QueuedCommand | undefined;
    for (const command of state.queue?.values() ?? []) {
      if (!next || command.priority > next.priority) next = command;
    }
    return next;
  }

  async #attempt(device: Item, command: QueuedCommand): Promise<void> {
    const { deviceLink, now } = this.#platform;
    if (!deviceLink) return;
    command.attempts += 1;
    this.#publish(device, 'sent', command);
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(patience * 1000)]);
    const { id, device_id, name, properties } = command;
    try {
      const response = await within(deviceLink.command(device.id, name, properties, signal), signal);
      if (!this.#take(device, command)) return;
      const result = this.#keep(device, {
        id,
        device_id,
        name,
        properties,
        timestamp: now(),
        executed: true,
        response,
      });
      this.#announce(device, command, 'processed', result);
    } catch {
      if (this.#closing.signal.aborted || command.attempts < command.max_attempts) return;
      if (!this.#take(device, command)) return;
      this.#keep(device, { id, device_id, name, properties, timestamp: now(), executed: false, response: null });
      this.#announce(device, command, 'expired');
    }
  }

  /** Looks for commands whose time is over, as long as there are any commands. */
  #sweep(): void {
    if (this.#sweeper || this.#waiting.size === 0 || this.#closing.signal.aborted) return;
    this.#sweeper = setTimeout(() => {
      this.#sweeper = undefined;
      this.expire();
      this.#sweep();
    }, sweepEvery).unref();
  }

  /** Drops the commands whose time is over. */
  expire(): void {
    const now = this.#platform.now();
    for (const deviceId of this.#waiting) {
      const device = this.#platform.items('gw/devices').get(deviceId);
      const queue = this.#platform.devices.get(deviceId)?.queue;
      if (!device || !queue?.size) {
        this.#waiting.delete(deviceId);
        continue;
      }
      for (const command of queue.values()) {
        if (command.expires <= now && this.#take(device, command)) this.#announce(device, command, 'expired');
      }
    }
  }

  #take(device: Item, command: QueuedCommand): boolean {
    return this.#platform.devices.get(device.id)?.queue?.delete(command.id) ?? false;
  }

  #keep(device: Item, result: CommandResult): CommandResult {
    const state = this.#platform.devices.of(device.id);
    (state.results ??= new RecordStore<CommandResult>(this.#platform.assumptions.recordsPerItem)).add(result);
    return result;
  }

  #announce(device: Item, command: QueuedCommand, stage: Stage, result?: CommandResult): void {
    const { topics, logs, now } = this.#platform;
    topics.state(
      `gw/devices/${device.id}/commands-queue/${command.id}`,
      device.cid,
      stage === 'queued' ? command : undefined,
    );
    this.#publish(device, stage, result ?? command);
    const code = eventCodes[stage];
    if (code === undefined) return;
    logs.add('gw/devices', device.id, {
      event_code: code,
      origin_type: 11,
      origin_id: device.id,
      cid: device.cid,
      timestamp: now(),
      name: command.name,
    });
  }

  #publish(device: Item, stage: Stage, payload: QueuedCommand | CommandResult): void {
    this.#platform.topics.log(`gw/devices/${device.id}/commands-queue/${payload.name}`, stage, device.cid, payload);
  }

  #check(device: Item, body: unknown, known: readonly string[]): JsonObject & { name: string; properties: JsonObject } {
    if (!isObject(body)) throw badRequest(`expected a JSON object with "name", got ${describe(body)}`);
    for (const key of Object.keys(body)) {
      if (!known.includes(key)) throw badRequest(`unknown field "${key}"`, { hint: known });
    }
    const { name, properties = {} } = body;
    if (typeof name !== 'string') throw badRequest('"name" must be text', { hint: known });
    if (!isObject(properties)) throw badRequest('"properties" must be an object');
    const types = deviceTypeById.get(device['device_type_id'] as number)?.commands ?? [];
    if (!types.some((type) => type.name === name)) {
      throw badRequest(`the device does not know the command "${name}"`, {
        id: device.id,
        hint: types.map((type) => type.name),
      });
    }
    return { ...body, name, properties };
  }
}

function inRange(name: string, value: unknown, { minimum, maximum }: { minimum: number; maximum: number }): number {
  if (typeof value === 'number' && value >= minimum && value <= maximum) return value;
  throw badRequest(`"${name}" must be a number from ${minimum} to ${maximum}`);
}

function notDelivered(id: number): Rejection {
  return badRequest(`command was not delivered within the timeout because the device with id ${id} is not connected`, {
    id,
  });
}

/** The answer, or a rejection when the signal comes first: the other side is asked to heed the signal but need not. */
async function within<Value>(answer: Promise<Value>, signal: AbortSignal): Promise<Value> {
  let stop: (() => void) | undefined;
  const stopped = new Promise<never>((_resolve, reject) => {
    stop = () => reject(new Error('No answer in time'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([answer, stopped]);
  } finally {
    if (stop) signal.removeEventListener('abort', stop);
  }
}
