import type { Database } from '../database/index.ts';
import type { Keyring } from './keyring-service.ts';
import type { Vault } from './vault.ts';
import type { VaultStore } from './vault-store.ts';

/** Changes the key that account numbers are sealed with, while payments go on. */
export interface VaultRotation {
  /** Makes a new account key; from now on new tokens take it. */
  begin(): Promise<void>;
  /**
   * Seals every account that another key sealed with the current one and answers how many. Each batch is a
   * transaction of its own: killed at any point, the next call goes on where it stopped.
   */
  reseal(): Promise<number>;
  /** Destroys account keys that no row needs, once no process can still seal with them; answers how many. */
  retire(): Promise<number>;
}

/** Accounts sealed anew in one transaction. */
const resealBatch = 500;
/** A process seals with a key at most this long after it was superseded. */
const retireAfterMs = 60 * 60 * 1000;

/** Rotation of the account key; each of its calls may be made by any process, at any time, again. */
export function createVaultRotation(options: {
  readonly database: Database;
  readonly store: VaultStore;
  readonly keyring: Keyring;
  readonly vault: Vault;
  readonly now: () => Date;
}): VaultRotation {
  const { database, store, keyring, vault, now } = options;

  function resealSome(): Promise<number> {
    return database.transaction(async (connection) => {
      const rows = await store.lockSealedByOthers(connection, keyring.current('account').id, resealBatch);
      await keyring.ensure(rows.map((row) => row.keyId));
      const fresh = rows.map((row) => ({ ...row, ...vault.sealAccount(vault.openAccount(row, row), row) }));
      if (fresh.length > 0) {
        await store.updateSealed(connection, fresh);
      }
      return fresh.length;
    });
  }

  return {
    begin: () => keyring.supersede('account', now()),
    async reseal() {
      await keyring.refresh();
      let total = 0;
      for (let count = await resealSome(); count > 0; count = await resealSome()) {
        total += count;
      }
      return total;
    },
    async retire() {
      const count = await store.deleteUnused(database, new Date(now().getTime() - retireAfterMs));
      await keyring.refresh();
      return count;
    },
  };
}
