/**
 * What the demo's account node must hold to reach that platform; the token is not part of it.
 *
 * @param {{ http: string, mqtt: string } | undefined} sandbox the local flespi, or nothing for the real one
 * @returns {Record<string, unknown>}
 */
export const accountFor = (sandbox) =>
  sandbox
    ? { region: 'own', restUrl: sandbox.http, mqttUrl: sandbox.mqtt, tokenSet: true }
    : { region: 'eu', restUrl: '', mqttUrl: '', tokenSet: true };
