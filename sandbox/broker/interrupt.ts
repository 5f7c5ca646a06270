import type { BrokerCore } from './broker-core';
import type { Interruption } from './broker-faults';
import { ReasonCode } from './reason-code';

/** Does something to the connections that the interruption names; gives how many they were. */
export function interrupt({ sessions }: BrokerCore, { how, code, clientId, cid }: Interruption): number {
  let count = 0;
  for (const session of sessions.all) {
    const { client } = session;
    if (client === undefined) continue;
    if (clientId !== undefined && session.clientId !== clientId) continue;
    if (cid !== undefined && session.cid !== cid) continue;
    count += 1;
    const { connection } = client;
    switch (how) {
      case 'disconnect':
        client.disconnect(code ?? ReasonCode.serverShuttingDown);
        break;
      case 'close':
        connection.end();
        break;
      case 'reset':
        connection.reset();
        break;
      case 'silence':
        connection.silence();
        break;
      case 'half-open':
        connection.silence();
        sessions.leave(client);
        break;
    }
  }
  return count;
}
