import { createHmac, getCiphers, getHashes } from 'node:crypto';
import type { Database, Queryable } from '../database/index.ts';
import { assertSealAvailable, type SealAlgorithm, seal, unseal } from './seal.ts';
import {
  type KeyPurpose,
  keyPurposes,
  type VaultKey,
  type VaultKeyRow,
  type VaultKeys,
} from './vault-key.ts';
import type { VaultStore } from './vault-store.ts';

/** Keys that are followed by others. */
export type ChangingPurpose = Exclude<KeyPurpose, 'index'>;

/** The vault's keys in memory: unwrapped once, read again when a row names an unknown one. */
export interface Keyring extends VaultKeys {
  /** Reads the keys again if one of these is unknown: another process has made it. */
  ensure(keyIds: Iterable<string>): Promise<void>;
  refresh(): Promise<void>;
  /** Makes a new current key; the former one still opens what it sealed. */
  supersede(purpose: ChangingPurpose, at: Date): Promise<void>;
  /** The same inside a transaction; `refresh` it when that is over. */
  supersedeIn(connection: Queryable, purpose: ChangingPurpose, at: Date): Promise<void>;
}

/** Keys and chance come in from the outside. */
export interface KeyringOptions {
  readonly database: Database;
  readonly store: VaultStore;
  /** 32 bytes that are in no database. */
  readonly vaultKey: Uint8Array;
  /** The vault key before this one: keys it wrapped are wrapped anew, all in one transaction. */
  readonly formerVaultKey?: Uint8Array;
  /** How new keys are wrapped. */
  readonly algorithm?: SealAlgorithm;
  readonly newId: () => string;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly now: () => Date;
}

/**
 * Opens the vault's keys, making those that do not exist yet.
 *
 * @throws {Error} when the vault key is not 32 bytes, or is not the one the keys were wrapped with
 * @throws {VaultError} `VAULT_PROFILE_UNAVAILABLE`
 */
export async function openKeyring(options: KeyringOptions): Promise<Keyring> {
  const { database, store, vaultKey, newId, randomBytes, now, algorithm = 'A256GCM' } = options;
  assertSealAvailable(algorithm, { ciphers: getCiphers(), hashes: getHashes() });
  if (vaultKey.length !== 32) {
    throw new Error('the vault key must be 32 bytes');
  }
  let keys = new Map<string, VaultKey>();
  let current = new Map<KeyPurpose, VaultKey>();

  const make = (purpose: KeyPurpose, at: Date): VaultKeyRow =>
    wrap({ keyId: newId(), purpose, isCurrent: true, createdAt: at }, randomBytes(32), {
      vaultKey,
      randomBytes,
      algorithm,
    });

  async function refresh(): Promise<void> {
    const rows = await store.listKeys(database);
    keys = new Map(rows.map((row) => [row.keyId, keys.get(row.keyId) ?? unwrap(row, vaultKey)]));
    current = new Map(
      rows.filter((row) => row.isCurrent).map((row) => [row.purpose, get(row.keyId)] as const),
    );
  }

  function get(keyId: string): VaultKey {
    const key = keys.get(keyId);
    if (key === undefined) {
      throw new Error(`the vault has no key ${keyId}`);
    }
    return key;
  }

  await rewrapAll(options);
  await store.insertKeys(
    database,
    keyPurposes.map((purpose) => make(purpose, now())),
  );
  await refresh();
  return {
    current(purpose) {
      const key = current.get(purpose);
      if (key === undefined) {
        throw new Error(`the vault has no current ${purpose} key`);
      }
      return key;
    },
    get,
    async ensure(keyIds) {
      for (const keyId of keyIds) {
        if (!keys.has(keyId)) {
          await refresh();
          return;
        }
      }
    },
    refresh,
    supersedeIn: (connection, purpose, at) => store.supersede(connection, make(purpose, at)),
    async supersede(purpose, at) {
      await database.transaction((connection) => store.supersede(connection, make(purpose, at)));
      await refresh();
    },
  };
}

/** Wraps what the former vault key wrapped with the present one: all keys or none. */
async function rewrapAll(options: KeyringOptions): Promise<void> {
  const { database, store, vaultKey, formerVaultKey, randomBytes, algorithm = 'A256GCM' } = options;
  if (formerVaultKey === undefined) {
    return;
  }
  const former = checkValue(formerVaultKey);
  await database.transaction(async (connection) => {
    for (const row of await store.lockKeys(connection)) {
      if (former.equals(row.wrappedBy)) {
        await store.rewrap(
          connection,
          wrap(row, unwrap(row, formerVaultKey).bytes, { vaultKey, randomBytes, algorithm }),
        );
      }
    }
  });
}

function wrap(
  row: Pick<VaultKeyRow, 'keyId' | 'purpose' | 'isCurrent' | 'createdAt'>,
  bytes: Uint8Array,
  options: Required<Pick<KeyringOptions, 'vaultKey' | 'randomBytes' | 'algorithm'>>,
): VaultKeyRow {
  const { vaultKey, randomBytes, algorithm } = options;
  const wrapped = seal(bytes, { key: vaultKey, algorithm, context: contextOf(row), randomBytes });
  return { ...row, algorithm, wrapped, wrappedBy: checkValue(vaultKey) };
}

function unwrap(row: VaultKeyRow, vaultKey: Uint8Array): VaultKey {
  if (!checkValue(vaultKey).equals(row.wrappedBy)) {
    throw new Error('the vault key is not the one this database was sealed with');
  }
  return {
    id: row.keyId,
    bytes: unseal(row.wrapped, { key: vaultKey, algorithm: row.algorithm, context: contextOf(row) }),
  };
}

const contextOf = (row: Pick<VaultKeyRow, 'keyId' | 'purpose'>) => ['vault key', row.purpose, row.keyId];

function checkValue(vaultKey: Uint8Array): Buffer {
  return createHmac('sha256', vaultKey).update('barlink vault key check value').digest().subarray(0, 8);
}
