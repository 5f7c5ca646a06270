import type { DeviceMessage, Gateway } from '../fleet/gateway';
import { channelConnected, channelDisconnected } from './channel-events';
import { isObject } from './check-fields';
import type { DeviceState } from './device-state';
import type { Item } from './item';
import type { Platform } from './platform';
import { RecordStore } from './record-store';
import { relationOf } from './relations';
import { newTelemetry, takeIn } from './telemetry';

/** Event codes of a device's log (flespi Skill). */
const event = { connected: 300, disconnected: 301 } as const;
const closedByPeer = 1;

/** Messages as they come in from devices and over REST, and what follows from them. */
export class DeviceGateway implements Gateway {
  readonly #platform: Platform;
  readonly #listeners: ((device: Item, messages: readonly DeviceMessage[]) => void)[] = [];
  #lastConnection = 3_492_206_000_000_000;
  #deviceIds: readonly number[] = [];
  #played: ReadonlySet<number> = new Set();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  get deviceIds(): readonly number[] {
    return this.#deviceIds;
  }

  /** Says which devices the fleet plays. */
  play(deviceIds: readonly number[]): void {
    this.#deviceIds = [...deviceIds].sort((a, b) => a - b);
    this.#played = new Set(deviceIds);
  }

  /** Is the device one of the fleet's? */
  isPlayed(deviceId: number): boolean {
    return this.#played.has(deviceId);
  }

  /** Calls back with every batch of messages after it was stored; for calculators. */
  onMessages(listener: (device: Item, messages: readonly DeviceMessage[]) => void): void {
    this.#listeners.push(listener);
  }

  report(deviceId: number, messages: readonly DeviceMessage[]): void {
    const device = this.#platform.items('gw/devices').get(deviceId);
    if (!device || device['enabled'] !== true || device['blocked'] === true) return;
    this.store(device, messages);
  }

  /** Takes messages in; their times must be numbers. Returns them as they were stored. */
  store(device: Item, messages: readonly DeviceMessage[]): DeviceMessage[] {
    const platform = this.#platform;
    const state = platform.devices.of(device.id);
    const store = (state.messages ??= new RecordStore(platform.assumptions.recordsPerItem));
    const channel = this.#channelOf(device);
    const arrived = platform.now();
    const complete = messages.map((message) => this.complete(device, { ...message }, arrived, channel?.id));
    for (const message of complete) {
      store.add(message);
      const json = JSON.stringify(message);
      state.messagesSize += json.length;
      platform.topics.message(`gw/devices/${device.id}`, device.cid, json);
      const { ident } = message;
      if (channel && typeof ident === 'string') {
        platform.channelMessages.add(channel.id, message);
        platform.topics.message(`gw/channels/${channel.id}/${ident}`, channel.cid, json);
      }
      this.#updateTelemetry(device, state, message);
    }
    state.lastActive = arrived;
    for (const listener of this.#listeners) listener(device, complete);
    return complete;
  }

  connection(deviceId: number, up: boolean): void {
    const device = this.#platform.items('gw/devices').get(deviceId);
    if (!device) return;
    const state = this.#platform.devices.of(deviceId);
    if (up === (state.connection !== undefined)) return;
    if (up) this.#connect(device, state);
    else this.#disconnect(device, state);
  }

  regroup(deviceId: number, from: string, to: string): void {
    const device = this.#platform.items('gw/devices').get(deviceId);
    const relation = relationOf('gw/groups/devices');
    if (!device || !relation) return;
    for (const group of this.#platform.items('gw/groups').values()) {
      if (group['name'] === from) this.#platform.unlink(relation, group, deviceId);
      else if (group['name'] === to) this.#platform.link(relation, group, device, {});
    }
  }

  /**
   * Adds to a message what the platform knows: who sent it, by which way, and when it arrived. It changes the message, for a copy
   * of each would cost more than all the rest when a week of messages is calculated.
   */
  complete(device: Item, message: DeviceMessage, arrived: number, channelId: number | undefined): DeviceMessage {
    const { ident } = device['configuration'] as { ident?: unknown };
    if (typeof ident === 'string') message['ident'] ??= ident;
    message['server.timestamp'] ??= arrived;
    message['device.id'] = device.id;
    message['device.name'] = device['name'];
    message['device.type.id'] = device['device_type_id'];
    message['protocol.id'] = device['protocol_id'];
    if (channelId !== undefined) message['channel.id'] ??= channelId;
    const plugins = this.#platform.links('gw/plugins/devices');
    for (const pluginId of plugins.parents(device.id)) {
      const fields = plugins.get(pluginId, device.id)?.['fields'];
      // What an item-fields plugin is for: its values are in every message (flespi KB "Plugins").
      if (isObject(fields))
        for (const name of Object.keys(fields)) if (name !== '__proto__') message[name] = fields[name];
    }
    return message;
  }

  /** The channel that the device's messages come in by: the first enabled one for its protocol that its account may use. */
  #channelOf(device: Item): Item | undefined {
    for (const channel of this.#platform.items('gw/channels').values()) {
      if (
        channel['protocol_id'] === device['protocol_id'] &&
        channel['enabled'] === true &&
        this.#platform.accounts.lineage(device.cid).includes(channel.cid)
      ) {
        return channel;
      }
    }
    return undefined;
  }

  #updateTelemetry(device: Item, state: DeviceState, message: DeviceMessage): void {
    const telemetry = (state.telemetry ??= newTelemetry());
    for (const name of takeIn(telemetry, message)) {
      this.#platform.topics.state(
        `gw/devices/${device.id}/telemetry/${name}`,
        device.cid,
        telemetry[name]?.value,
        message.timestamp,
      );
    }
  }

  #connect(device: Item, state: DeviceState): void {
    const { topics } = this.#platform;
    const established = this.#platform.now();
    const { ident } = device['configuration'] as { ident?: unknown };
    state.connection = {
      id: (this.#lastConnection += 1),
      channel_id: this.#channelOf(device)?.id ?? 0,
      device_id: device.id,
      ident: typeof ident === 'string' ? ident : '',
      source: `127.0.0.1:${10_000 + (device.id % 50_000)}`,
      transport: 'tcp',
      established,
      secondary: false,
      meta: null,
    };
    const path = `gw/devices/${device.id}`;
    topics.state(`${path}/connected`, device.cid, true);
    topics.state(`${path}/connections/${state.connection.id}`, device.cid, state.connection);
    const { source, transport, ident: name } = state.connection;
    this.#log(device, 'connected', { event_code: event.connected, source, transport, ident: name });
    channelConnected(this.#platform, state.connection);
    this.#platform.settings.deliver(device);
    this.#platform.commands.deliver(device);
  }

  #disconnect(device: Item, state: DeviceState): void {
    const { topics, now } = this.#platform;
    const { connection } = state;
    if (!connection) return;
    state.connection = undefined;
    const path = `gw/devices/${device.id}`;
    topics.state(`${path}/connected`, device.cid, false);
    topics.state(`${path}/connections/${connection.id}`, device.cid, undefined);
    const duration = Math.max(0, now() - connection.established);
    const { source, ident } = connection;
    this.#log(device, 'disconnected', {
      event_code: event.disconnected,
      close_code: closedByPeer,
      source,
      ident,
      duration,
    });
    channelDisconnected(this.#platform, connection, duration);
  }

  #log(device: Item, name: string, detail: { event_code: number; [detail: string]: unknown }): void {
    const record = {
      origin_type: 11,
      origin_id: device.id,
      cid: device.cid,
      timestamp: this.#platform.now(),
      ...detail,
    };
    this.#platform.logs.add('gw/devices', device.id, record);
    this.#platform.topics.log(`gw/devices/${device.id}`, name, device.cid, record);
  }
}
