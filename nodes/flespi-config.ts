import type { Node, NodeAPI, NodeDef } from 'node-red';
import { Account } from './account';
import { accountParts } from './account-parts';
import type { AccountDefinition } from './account-settings';
import { clientIdOf } from './client-id';
import { closeNode } from './close-node';
import { serveDialogs } from './dialog-routes';
import { errorText } from './error-text';
import { FlespiError } from './protocol/flespi-error';
import type { ConnectionLogEntry } from './protocol/mqtt-connection';

export interface AccountCredentials {
  token?: string;
}

export interface AccountNode extends Node<AccountCredentials> {
  /** The account, or why there is none. */
  flespi: Account | FlespiError;
  /** Nodes that use this one, by id. Node-RED passes status and errors of a config node on to them. */
  users: Record<string, Node>;
}

export default function flespiConfig(RED: NodeAPI): void {
  function FlespiConfig(this: AccountNode, def: NodeDef & AccountDefinition): void {
    RED.nodes.createNode(this, def);
    this.users = {};

    const log = (entry: ConnectionLogEntry): void => {
      if (entry.kind === 'recovered') this.log(RED._('flespi-config.recovered', { seconds: entry.seconds }));
      else this.warn(errorText(RED, entry.error));
    };
    try {
      this.flespi = new Account(
        accountParts(RED, def, () => this.credentials?.token, { clientId: clientIdOf(RED, this.id), log }),
      );
    } catch (error) {
      this.flespi =
        error instanceof FlespiError
          ? error
          : new FlespiError('FLESPI_BAD_INPUT', { attempted: 'account', cause: error });
      this.error(errorText(RED, error));
    }

    closeNode(this, async () => {
      this.users = {};
      if (!(this.flespi instanceof FlespiError)) await this.flespi.close();
    });
  }

  RED.nodes.registerType<AccountNode, NodeDef & AccountDefinition, object, AccountCredentials>(
    'flespi-config',
    FlespiConfig,
    { credentials: { token: { type: 'password' } } },
  );
  serveDialogs(RED);
}
