import type { Sandbox } from '../../sandbox/sandbox';
import { Editor } from './editor';
import { flespi, host } from './stage';
import { startWireTap, type WireTap } from './wire-tap';

export interface TappedEditor {
  sandbox: Sandbox;
  /** On the account's way to the broker. */
  tap: WireTap;
  editor: Editor;
  close(): Promise<void>;
}

/** The editor of Node-RED 4 with an account at the sandbox and nothing else, whose MQTT connection is read along. */
export async function tappedEditor(accountId: string): Promise<TappedEditor> {
  const sandbox = await flespi();
  const tap = await startWireTap(sandbox.mqtt);
  const editor = await Editor.open(await host(4));
  await editor.load({
    id: accountId,
    type: 'flespi-config',
    region: 'own',
    restUrl: sandbox.http,
    mqttUrl: tap.url,
    tokenSet: true,
    credentials: { token: sandbox.token },
  });
  return {
    sandbox,
    tap,
    editor,
    async close() {
      await tap.close();
      await editor.close();
    },
  };
}
