import { checkHost, checkNumber, checkTokenSet, label } from './editor/config-checks.mjs';

RED.nodes.registerType('flespi-config', {
  category: 'config',
  defaults: {
    name: { value: '' },
    /** `eu`, or `own` with the two addresses below. */
    region: { value: 'eu' },
    /** REST origin such as `http://127.0.0.1:8080`; only with region `own`. */
    restUrl: { value: '', label: label('restUrl'), validate: checkHost('restUrl') },
    /** MQTT address, `mqtt:`, `mqtts:`, `ws:` or `wss:`; only with region `own`. */
    mqttUrl: { value: '', label: label('mqttUrl'), validate: checkHost('mqttUrl') },
    /** `tcp` (8883) or `ws` (443); only with region `eu`. */
    mqttVia: { value: 'tcp' },
    /** Ticked: addresses without encryption are accepted for other machines than this one. */
    allowPlain: { value: false },
    tls: { value: '', type: 'tls-config', required: false },
    proxy: { value: '', type: 'http proxy', required: false },
    /** MQTT version: `5` or `4` (3.1.1). */
    protocolVersion: { value: '5' },
    clientId: { value: '' },
    /** Ticked: the broker keeps subscriptions and QoS 1 messages while Node-RED is away. */
    persistent: { value: false },
    /** How long it keeps them, in hours. */
    sessionHours: { value: '24', label: label('sessionHours'), validate: checkNumber(1, 8760) },
    /** Seconds. */
    keepalive: { value: '60', label: label('keepalive'), validate: checkNumber(5, 65535) },
    /** Subaccount for everything that this account node does; empty is the token's own account. */
    cid: { value: '', label: label('cid'), validate: checkNumber(1, Number.MAX_SAFE_INTEGER, 'blank') },
    /** Most calls per minute over all nodes; empty is no limit of our own. */
    callsPerMinute: { value: '', label: label('callsPerMinute'), validate: checkNumber(1, 100000, 'blank') },
    /** Most calls in flight at a time over all nodes. */
    callsAtOnce: { value: '8', label: label('callsAtOnce'), validate: checkNumber(1, 100) },
    /** Says that a token is stored, without being it; `false` in imported examples makes the red triangle. */
    tokenSet: { value: false, label: label('token'), validate: checkTokenSet },
  },
  credentials: { token: { type: 'password' } },
  label() {
    return this.name || 'flespi';
  },
});
