import type { TokenId } from '@barlink/protocol';
import type { Queryable } from '../database/index.ts';
import type { PayerCodeClaim } from './opened-token.ts';
import { failuresMax } from './payer-code.ts';
import { type StoredToken, type TokenRow, tokenColumns, toStoredToken } from './store.ts';

/** Where a payer code leads: four digits of the network, eight of the handle. */
export interface HandleKey {
  readonly networkNumber: string;
  readonly handle: string;
}

/** Handles made by one request, for one device of a token. */
export interface HandleBatch {
  readonly tokenId: TokenId;
  readonly deviceGeneration: number;
  /** The idempotency key of the request; undefined for the one that made the token. */
  readonly batch: string | undefined;
}

/** A token found by a handle of its payer codes. */
export interface HandledToken extends StoredToken {
  /** Whose key made the codes of this handle. */
  readonly handleGeneration: number;
  readonly failures: number;
  readonly lastFailedAt: Date | undefined;
}

/** A token found by a code the switch made. */
export interface OnlineCode extends StoredToken {
  readonly expiresAt: Date;
}

/** SQL of the tables of payer codes. */
export interface PayerCodeStore {
  /** Enters handles; answers those that were free, in order. */
  insertHandles(
    connection: Queryable,
    owner: HandleBatch,
    keys: readonly HandleKey[],
  ): Promise<readonly string[]>;
  listHandles(
    database: Queryable,
    owner: Pick<HandleBatch, 'tokenId' | 'batch'>,
  ): Promise<readonly OwnedHandle[]>;
  /** Ends the handles of a token that are not of this batch; they still stand for it until `at`. */
  retireHandles(connection: Queryable, owner: HandleBatch, at: Date): Promise<void>;
  /** Keys and answers are the twelve digits of network and handle. */
  findTokensByHandle(
    database: Queryable,
    keys: readonly string[],
    at: Date,
  ): Promise<ReadonlyMap<string, HandledToken>>;
  insertOnlineCode(
    connection: Queryable,
    code: { readonly digest: Uint8Array; readonly tokenId: TokenId; readonly expiresAt: Date },
  ): Promise<void>;
  findOnlineCode(database: Queryable, digest: Uint8Array): Promise<OnlineCode | undefined>;
  /**
   * Marks payer codes used; answers for each whether it was the first, also among themselves. A code of a
   * token that is locked is not taken: five wrong ones at or after `lockedFrom` lock it.
   */
  claim(
    connection: Queryable,
    claims: readonly PayerCodeClaim[],
    lockedFrom: Date,
  ): Promise<readonly boolean[]>;
  /** Deletes uses of steps before this one, codes expired and handles retired before these instants. */
  forget(
    database: Queryable,
    before: { readonly step: number; readonly expired: Date; readonly retired: Date },
  ): Promise<number>;
  /**
   * Counts a wrong one-time value, from one again when the last one was before `forgetBefore`; false, and
   * nothing is counted, when the token is locked: of many at once five are counted.
   */
  countFailure(
    database: Queryable,
    tokenId: TokenId,
    times: { readonly at: Date; readonly forgetBefore: Date },
  ): Promise<boolean>;
}

/** A handle as it is listed. */
export interface OwnedHandle extends HandleKey {
  readonly deviceGeneration: number;
}

/** Payer codes in PostgreSQL. */
export function createPayerCodeStore(): PayerCodeStore {
  return {
    insertHandles,
    listHandles,
    retireHandles,
    findTokensByHandle,
    insertOnlineCode,
    findOnlineCode,
    claim,
    forget,
    countFailure,
  };
}

async function insertHandles(
  connection: Queryable,
  owner: HandleBatch,
  keys: readonly HandleKey[],
): Promise<readonly string[]> {
  const { rows } = await connection.query<{ handle: string }>({
    text: `insert into payer_code_handles (network_number, handle, token_id, position, device_generation,
        batch)
      select n, h, $1, p, $4, $5 from unnest($2::text[], $3::text[]) with ordinality as k (n, h, p)
      on conflict do nothing returning handle, position`,
    values: [
      owner.tokenId,
      keys.map((key) => key.networkNumber),
      keys.map((key) => key.handle),
      owner.deviceGeneration,
      owner.batch ?? null,
    ],
  });
  const entered = new Set(rows.map((row) => row.handle));
  return keys.map((key) => key.handle).filter((handle) => entered.delete(handle));
}

async function listHandles(
  database: Queryable,
  { tokenId, batch }: Pick<HandleBatch, 'tokenId' | 'batch'>,
): Promise<readonly OwnedHandle[]> {
  const { rows } = await database.query<{
    network_number: string;
    handle: string;
    device_generation: number;
  }>({
    text: `select network_number, handle, device_generation from payer_code_handles
      where token_id = $1 and batch is not distinct from $2 order by position, network_number, handle`,
    values: [tokenId, batch ?? null],
  });
  return rows.map((row) => ({
    networkNumber: row.network_number,
    handle: row.handle,
    deviceGeneration: row.device_generation,
  }));
}

async function retireHandles(
  connection: Queryable,
  { tokenId, batch }: HandleBatch,
  at: Date,
): Promise<void> {
  await connection.query({
    text: `update payer_code_handles set retired_at = least(retired_at, $3)
      where token_id = $1 and batch is distinct from $2`,
    values: [tokenId, batch ?? null, at],
  });
}

async function findTokensByHandle(
  database: Queryable,
  keys: readonly string[],
  at: Date,
): Promise<ReadonlyMap<string, HandledToken>> {
  const { rows } = await database.query<
    TokenRow & {
      key: string;
      handle_generation: number;
      failures: number | null;
      last_failed_at: Date | null;
    }
  >({
    name: 'tokens-find-by-handle',
    text: `select k.n || k.h as key, c.device_generation as handle_generation, f.failures, f.last_failed_at,
        ${tokenColumns}
      from unnest($1::text[], $2::text[]) as k (n, h)
      join payer_code_handles c on c.network_number = k.n and c.handle = k.h
        and (c.retired_at is null or c.retired_at > $3)
      join tokens t on t.token_id = c.token_id
      left join payer_code_failures f on f.token_id = t.token_id`,
    values: [keys.map((key) => key.slice(0, 4)), keys.map((key) => key.slice(4)), at],
  });
  return new Map(
    rows.map((row) => [
      row.key,
      {
        handleGeneration: row.handle_generation,
        failures: row.failures ?? 0,
        lastFailedAt: row.last_failed_at ?? undefined,
        ...toStoredToken(row),
      },
    ]),
  );
}

async function insertOnlineCode(
  connection: Queryable,
  code: { readonly digest: Uint8Array; readonly tokenId: TokenId; readonly expiresAt: Date },
): Promise<void> {
  await connection.query({
    name: 'payer-codes-issue',
    text: 'insert into online_payer_codes (code_digest, token_id, expires_at) values ($1, $2, $3)',
    values: [code.digest, code.tokenId, code.expiresAt],
  });
}

async function findOnlineCode(database: Queryable, digest: Uint8Array): Promise<OnlineCode | undefined> {
  const { rows } = await database.query<TokenRow & { code_expires_at: Date }>({
    name: 'payer-codes-find-online',
    text: `select c.expires_at as code_expires_at, ${tokenColumns}
      from online_payer_codes c join tokens t using (token_id) where c.code_digest = $1`,
    values: [digest],
  });
  const row = rows[0];
  return row === undefined ? undefined : { expiresAt: row.code_expires_at, ...toStoredToken(row) };
}

async function claim(
  connection: Queryable,
  claims: readonly PayerCodeClaim[],
  lockedFrom: Date,
): Promise<readonly boolean[]> {
  if (claims.length === 0) {
    return [];
  }
  // Sorted, so that two batches with the same codes meet them in the same order and cannot deadlock.
  const { rows } = await connection.query<{ key: string }>({
    name: 'payer-codes-claim',
    text: `insert into payer_code_uses (step, network_number, handle, slot, token_id)
      select s, n, h, l, t from unnest($1::bigint[], $2::text[], $3::text[], $4::smallint[], $5::uuid[])
        as c (s, n, h, l, t)
      where not exists (select from payer_code_failures f
        where f.token_id = c.t and f.failures >= $6 and f.last_failed_at > $7)
      order by s, n, h, l
      on conflict do nothing
      returning concat_ws(' ', step, network_number, handle, slot) as key`,
    values: [
      claims.map((one) => one.step),
      claims.map((one) => one.networkNumber),
      claims.map((one) => one.handle),
      claims.map((one) => one.slot),
      claims.map((one) => one.tokenId),
      failuresMax,
      lockedFrom,
    ],
  });
  const first = new Set(rows.map((row) => row.key));
  return claims.map((one) => first.delete(`${one.step} ${one.networkNumber} ${one.handle} ${one.slot}`));
}

async function forget(
  database: Queryable,
  before: { readonly step: number; readonly expired: Date; readonly retired: Date },
): Promise<number> {
  const { rowCount } = await database.query({
    text: 'delete from payer_code_uses where step < $1',
    values: [before.step],
  });
  await database.query({
    text: 'delete from online_payer_codes where expires_at < $1',
    values: [before.expired],
  });
  await database.query({
    text: 'delete from payer_code_handles where retired_at < $1',
    values: [before.retired],
  });
  return rowCount ?? 0;
}

async function countFailure(
  database: Queryable,
  tokenId: TokenId,
  { at, forgetBefore }: { readonly at: Date; readonly forgetBefore: Date },
): Promise<boolean> {
  // The row's lock makes guesses come one after the other: the sixth finds five and is not counted.
  const { rowCount } = await database.query({
    name: 'payer-codes-failure',
    text: `insert into payer_code_failures as f (token_id, failures, last_failed_at) values ($1, 1, $2)
      on conflict (token_id) do update set last_failed_at = excluded.last_failed_at,
        failures = case when f.last_failed_at <= $3 then 1 else f.failures + 1 end
      where f.last_failed_at <= $3 or f.failures < $4`,
    values: [tokenId, at, forgetBefore, failuresMax],
  });
  return rowCount === 1;
}
