import { needsMessage } from '../protocol/topic.ts';
import { plain } from './plain.mts';
import type { TopicRow } from './topic-row.mts';

/**
 * Shows the rows of batches and confirmations exactly while they mean something, and says where a confirmation would not: without
 * a session that the broker keeps, and for topics of QoS 0. Switches the input on where the node needs it. Returns how to look
 * again when a topic has gone.
 */
export function deliveryRows(topics: () => TopicRow[]): () => void {
  const account = $('#node-input-account');
  const confirm = $('#node-input-confirm');
  const dynamic = $('#flespi-dynamic');
  const show = (): void => {
    const confirms = confirm.is(':checked');
    const persistent = RED.nodes.node(plain(account.val()))?.['persistent'];
    $('.flespi-batch').toggle($('#node-input-output').val() === 'batch');
    $('.flespi-confirm').toggle(confirms);
    $('#flespi-no-session').toggle(!persistent || topics().some(({ qos }) => qos === '0'));
    // Confirmations come in by the input, and so do the messages that places in topics are filled in from.
    const needed = confirms || topics().some(({ topic }) => needsMessage(topic));
    if (needed) dynamic.prop('checked', true);
    dynamic.prop('disabled', needed);
  };
  for (const field of [account, confirm, $('#node-input-output')]) field.on('change', show);
  $('#node-input-topics-list').on('input change', show);
  show();
  return show;
}
