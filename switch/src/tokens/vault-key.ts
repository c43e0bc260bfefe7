import type { SealAlgorithm } from './seal.ts';

/** What a key of the vault is for. */
export type KeyPurpose = 'account' | 'message' | 'index' | 'device';

export const keyPurposes: readonly KeyPurpose[] = ['account', 'message', 'index', 'device'];

/** A key of the vault, unwrapped. */
export interface VaultKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** A key of the vault as it lies in the database. */
export interface VaultKeyRow {
  readonly keyId: string;
  readonly purpose: KeyPurpose;
  readonly algorithm: SealAlgorithm;
  readonly wrapped: Uint8Array;
  readonly wrappedBy: Uint8Array;
  readonly isCurrent: boolean;
  readonly createdAt: Date;
}

/** The vault's keys in memory. */
export interface VaultKeys {
  /** The key that new rows take. */
  current(purpose: KeyPurpose): VaultKey;
  /** @throws {Error} when there is no such key */
  get(keyId: string): VaultKey;
}
