// Types and meaning: account-for.d.mts.
export const accountFor = (sandbox) =>
  sandbox
    ? { region: 'own', restUrl: sandbox.http, mqttUrl: sandbox.mqtt, tokenSet: true }
    : { region: 'eu', restUrl: '', mqttUrl: '', tokenSet: true };
