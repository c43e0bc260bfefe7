import type { Queryable } from '../database/index.ts';
import type { SealAlgorithm } from './seal.ts';
import type { KeyPurpose, VaultKeyRow } from './vault-key.ts';

/** An account as it lies in a token's row. */
export interface SealedRow {
  readonly tokenId: string;
  readonly issuer: string;
  readonly keyId: string;
  readonly algorithm: SealAlgorithm;
  readonly sealed: Uint8Array;
}

/** A change of the account key, as the operator sees it. */
export interface RotationRow {
  readonly rotationId: string;
  readonly startedAt: Date;
  /** Accounts sealed anew so far, by all processes. */
  readonly resealed: bigint;
  readonly finishedAt: Date | undefined;
}

/** SQL of the table `vault_keys`, and of sealed accounts while their key changes. */
export interface VaultStore {
  listKeys(database: Queryable): Promise<readonly VaultKeyRow[]>;
  /** All keys, locked against another process that wraps them anew. */
  lockKeys(connection: Queryable): Promise<readonly VaultKeyRow[]>;
  /** Enters keys; one whose purpose has a current key is left out. */
  insertKeys(database: Queryable, rows: readonly VaultKeyRow[]): Promise<void>;
  rewrap(connection: Queryable, row: VaultKeyRow): Promise<void>;
  /** Puts a key in the place of the current one of its purpose. */
  supersede(connection: Queryable, row: VaultKeyRow): Promise<void>;
  /** Locks some tokens whose account another key sealed; those others have locked are left for later. */
  lockSealedByOthers(connection: Queryable, keyId: string, countMax: number): Promise<readonly SealedRow[]>;
  updateSealed(connection: Queryable, rows: readonly SealedRow[]): Promise<void>;
  /** Deletes keys superseded before an instant which no token needs any more; answers how many. */
  deleteUnused(database: Queryable, supersededBefore: Date): Promise<number>;
  insertRotation(connection: Queryable, rotationId: string, at: Date): Promise<void>;
  findRotation(database: Queryable, rotationId: string): Promise<RotationRow | undefined>;
  /** Rotations that are not finished, oldest first. */
  listUnfinished(database: Queryable): Promise<readonly RotationRow[]>;
  /** Adds to the progress of those rotations that are not finished. */
  addProgress(connection: Queryable, count: number): Promise<void>;
  /** Ends rotations that began before an instant, and says when. */
  finishRotations(
    database: Queryable,
    times: { readonly startedUntil: Date; readonly at: Date },
  ): Promise<void>;
  /** Accounts that the current key has not sealed. */
  countSealedByOthers(database: Queryable): Promise<bigint>;
}

/** The vault's keys in PostgreSQL. */
export function createVaultStore(): VaultStore {
  return {
    listKeys: (database) => selectKeys(database, ''),
    lockKeys: (connection) => selectKeys(connection, 'for update'),
    insertKeys,
    rewrap,
    supersede,
    lockSealedByOthers,
    updateSealed,
    deleteUnused,
    insertRotation,
    findRotation,
    listUnfinished: (database) =>
      selectRotations(database, 'where finished_at is null order by started_at', []),
    addProgress,
    finishRotations,
    countSealedByOthers,
  };
}

async function selectKeys(database: Queryable, lock: '' | 'for update'): Promise<readonly VaultKeyRow[]> {
  const { rows } = await database.query<{
    key_id: string;
    purpose: KeyPurpose;
    algorithm: SealAlgorithm;
    wrapped: Buffer;
    wrapped_by: Buffer;
    is_current: boolean;
    created_at: Date;
  }>({
    text: `select key_id, purpose, algorithm, wrapped, wrapped_by, is_current, created_at
      from vault_keys order by key_id ${lock}`,
  });
  return rows.map((row) => ({
    keyId: row.key_id,
    purpose: row.purpose,
    algorithm: row.algorithm,
    wrapped: row.wrapped,
    wrappedBy: row.wrapped_by,
    isCurrent: row.is_current,
    createdAt: row.created_at,
  }));
}

async function insertKeys(database: Queryable, rows: readonly VaultKeyRow[]): Promise<void> {
  for (const row of rows) {
    await database.query({
      text: `insert into vault_keys (key_id, purpose, algorithm, wrapped, wrapped_by, is_current, created_at)
        values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
      values: [
        row.keyId,
        row.purpose,
        row.algorithm,
        row.wrapped,
        row.wrappedBy,
        row.isCurrent,
        row.createdAt,
      ],
    });
  }
}

async function rewrap(connection: Queryable, row: VaultKeyRow): Promise<void> {
  await connection.query({
    text: 'update vault_keys set wrapped = $2, wrapped_by = $3, algorithm = $4 where key_id = $1',
    values: [row.keyId, row.wrapped, row.wrappedBy, row.algorithm],
  });
}

async function supersede(connection: Queryable, row: VaultKeyRow): Promise<void> {
  await connection.query({
    text: 'update vault_keys set is_current = false, superseded_at = $2 where purpose = $1 and is_current',
    values: [row.purpose, row.createdAt],
  });
  await insertKeys(connection, [row]);
}

async function lockSealedByOthers(
  connection: Queryable,
  keyId: string,
  countMax: number,
): Promise<readonly SealedRow[]> {
  const { rows } = await connection.query<{
    token_id: string;
    issuer_id: string;
    account_key_id: string;
    account_algorithm: SealAlgorithm;
    account_sealed: Buffer;
  }>({
    text: `select token_id, issuer_id, account_key_id, account_algorithm, account_sealed from tokens
      where account_key_id in (select key_id from vault_keys where purpose = 'account' and key_id <> $1)
      order by token_id limit $2 for no key update skip locked`,
    values: [keyId, countMax],
  });
  return rows.map((row) => ({
    tokenId: row.token_id,
    issuer: row.issuer_id,
    keyId: row.account_key_id,
    algorithm: row.account_algorithm,
    sealed: row.account_sealed,
  }));
}

async function updateSealed(connection: Queryable, rows: readonly SealedRow[]): Promise<void> {
  await connection.query({
    text: `update tokens set account_sealed = fresh.sealed, account_key_id = fresh.key_id,
        account_algorithm = fresh.algorithm
      from unnest($1::uuid[], $2::bytea[], $3::uuid[], $4::text[])
        as fresh (token_id, sealed, key_id, algorithm)
      where tokens.token_id = fresh.token_id`,
    values: [
      rows.map((row) => row.tokenId),
      rows.map((row) => row.sealed),
      rows.map((row) => row.keyId),
      rows.map((row) => row.algorithm),
    ],
  });
}

async function deleteUnused(database: Queryable, supersededBefore: Date): Promise<number> {
  const { rowCount } = await database.query({
    text: `delete from vault_keys where purpose = 'account' and superseded_at < $1
      and not exists (select from tokens where account_key_id = key_id)`,
    values: [supersededBefore],
  });
  return rowCount ?? 0;
}

async function insertRotation(connection: Queryable, rotationId: string, at: Date): Promise<void> {
  await connection.query({
    text: 'insert into vault_rotations (rotation_id, started_at) values ($1, $2)',
    values: [rotationId, at],
  });
}

async function findRotation(database: Queryable, rotationId: string): Promise<RotationRow | undefined> {
  return (await selectRotations(database, 'where rotation_id = $1', [rotationId]))[0];
}

async function selectRotations(
  database: Queryable,
  clause: string,
  values: readonly unknown[],
): Promise<readonly RotationRow[]> {
  const { rows } = await database.query<{
    rotation_id: string;
    started_at: Date;
    resealed: string;
    finished_at: Date | null;
  }>({
    text: `select rotation_id, started_at, resealed, finished_at from vault_rotations ${clause}`,
    values: [...values],
  });
  return rows.map((row) => ({
    rotationId: row.rotation_id,
    startedAt: row.started_at,
    resealed: BigInt(row.resealed),
    finishedAt: row.finished_at ?? undefined,
  }));
}

async function addProgress(connection: Queryable, count: number): Promise<void> {
  await connection.query({
    text: 'update vault_rotations set resealed = resealed + $1 where finished_at is null',
    values: [count],
  });
}

async function finishRotations(
  database: Queryable,
  { startedUntil, at }: { readonly startedUntil: Date; readonly at: Date },
): Promise<void> {
  await database.query({
    text: `update vault_rotations set finished_at = $2 where finished_at is null and started_at <= $1
      and not exists (select from tokens join vault_keys on key_id = account_key_id where not is_current)`,
    values: [startedUntil, at],
  });
}

async function countSealedByOthers(database: Queryable): Promise<bigint> {
  const { rows } = await database.query<{ count: string }>({
    text: `select count(*) from tokens where account_key_id in (
      select key_id from vault_keys where purpose = 'account' and not is_current)`,
  });
  return BigInt(rows[0]?.count ?? 0);
}
