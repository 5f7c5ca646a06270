import { plain } from './plain.mts';

/** Shows a notice exactly while the chosen account is set to MQTT 3.1.1. */
export function noticeForMqtt3(notice: JQuery): void {
  const account = $('#node-input-account');
  const show = (): void => {
    const version = plain(RED.nodes.node(plain(account.val()))?.['protocolVersion']);
    notice.toggle(version === '4');
  };
  account.on('change', show);
  show();
}
