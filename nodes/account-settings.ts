import { flag, shown, text, wholeNumber } from './form-value';
import { FlespiError } from './protocol/flespi-error';

/** What the form of the account node saves; any of it may be missing, or a string. */
export interface AccountDefinition {
  region?: unknown;
  restUrl?: unknown;
  mqttUrl?: unknown;
  mqttVia?: unknown;
  allowPlain?: unknown;
  tls?: unknown;
  proxy?: unknown;
  protocolVersion?: unknown;
  clientId?: unknown;
  persistent?: unknown;
  sessionHours?: unknown;
  keepalive?: unknown;
  cid?: unknown;
  callsPerMinute?: unknown;
  callsAtOnce?: unknown;
}

export interface AccountSettings {
  /** Scheme, host and port of the REST API. */
  origin: string;
  mqttUrl: string;
  protocolVersion: 4 | 5;
  /** Empty: the connection finds one of its own. */
  clientId: string;
  persistent: boolean;
  sessionSeconds: number;
  keepaliveSeconds: number;
  /** Subaccount. */
  cid: number | undefined;
  callsPerMinute: number | undefined;
  callsAtOnce: number;
}

const platform = { rest: 'https://flespi.io', tcp: 'mqtts://mqtt.flespi.io:8883', ws: 'wss://mqtt.flespi.io:443' };
const encrypted = new Set(['https:', 'mqtts:', 'wss:']);
const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** flespi's tools show tokens with the word that the REST header wants before them; the key alone is what is kept. */
export function tokenKey(token: unknown): string {
  return text(token).replace(/^FlespiToken\s+/i, '');
}

/** @throws FLESPI_BAD_INPUT with what is wrong. */
export function accountSettings(def: AccountDefinition): AccountSettings {
  const plain = flag(def.allowPlain);
  const own = text(def.region) === 'own';
  const origin = own ? address('restUrl', def.restUrl, ['https:', 'http:'], plain) : platform.rest;
  const mqttUrl = own
    ? address('mqttUrl', def.mqttUrl, ['mqtts:', 'wss:', 'mqtt:', 'ws:'], plain)
    : platform[text(def.mqttVia) === 'ws' ? 'ws' : 'tcp'];
  return {
    origin,
    mqttUrl,
    protocolVersion: /^(4|3\.1\.1)$/.test(text(def.protocolVersion)) ? 4 : 5,
    clientId: text(def.clientId),
    persistent: flag(def.persistent),
    sessionSeconds: (wholeNumber('sessionHours', def.sessionHours, { min: 1, max: 8760 }) ?? 24) * 3600,
    keepaliveSeconds: wholeNumber('keepalive', def.keepalive, { min: 5, max: 65_535 }) ?? 60,
    cid: wholeNumber('cid', def.cid, { min: 1, max: Number.MAX_SAFE_INTEGER }),
    callsPerMinute: wholeNumber('callsPerMinute', def.callsPerMinute, { min: 1, max: 100_000 }),
    callsAtOnce: wholeNumber('callsAtOnce', def.callsAtOnce, { min: 1, max: 100 }) ?? 8,
  };
}

/** The REST address without path, as a path would be lost; the MQTT address with it, as WebSocket brokers may need it. */
function address(name: 'restUrl' | 'mqttUrl', value: unknown, schemes: readonly string[], plain: boolean): string {
  const given = text(value);
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (!url || !schemes.includes(url.protocol) || url.hostname === '' || url.username !== '' || url.password !== '') {
    throw bad(name, 'address', given);
  }
  // The token goes over this line with every call; on this machine it does not leave it.
  if (!encrypted.has(url.protocol) && !plain && !loopback.test(url.hostname)) throw bad(name, 'plain', given);
  return name === 'restUrl' ? url.origin : url.href;
}

function bad(name: string, problem: string, given: string): FlespiError {
  const params = { problem, name, given: shown(given.replace(/\/\/[^/]*@/, '//***@')) };
  return new FlespiError('FLESPI_BAD_INPUT', { attempted: name, params });
}
