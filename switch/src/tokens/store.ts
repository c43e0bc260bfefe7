import type { ParticipantId, Presentment, TokenId } from '@barlink/protocol';
import type { Queryable } from '../database/index.ts';
import type { PayerCodeClaim } from './opened-token.ts';
import type { Token, TokenActor, TokenEvent } from './token.ts';
import type { SealedAccount } from './vault.ts';

/** A token with what only the vault can open. */
export interface StoredToken {
  readonly token: Token;
  readonly account: SealedAccount;
  readonly deviceKeyId: string;
}

/** A token found by a handle of its payer codes. */
export interface HandledToken extends StoredToken {
  readonly failures: number;
  readonly lastFailedAt: Date | undefined;
}

/** Where a payer code leads: four digits of the network, eight of the handle. */
export interface HandleKey {
  readonly networkNumber: string;
  readonly handle: string;
}

/** What happened to a token. */
export interface TokenHistoryEntry {
  readonly event: TokenEvent | 'create';
  readonly actor: TokenActor;
  readonly participant: ParticipantId;
  readonly at: Date;
}

/** SQL of the tables of tokens and payer codes. */
export interface TokenStore {
  insertToken(connection: Queryable, stored: StoredToken): Promise<void>;
  /** Saves what can change: suspensions and deletion. */
  updateToken(connection: Queryable, token: Token): Promise<void>;
  insertEvent(connection: Queryable, tokenId: TokenId, entry: TokenHistoryEntry): Promise<void>;
  listEvents(database: Queryable, tokenId: TokenId): Promise<readonly TokenHistoryEntry[]>;
  /** Enters handles; answers those that were free, in order. */
  insertHandles(
    connection: Queryable,
    tokenId: TokenId,
    keys: readonly HandleKey[],
  ): Promise<readonly string[]>;
  listHandles(database: Queryable, tokenId: TokenId): Promise<readonly HandleKey[]>;
  /** Reads a token and keeps others from changing it until the transaction ends. */
  lockToken(connection: Queryable, tokenId: TokenId): Promise<StoredToken | undefined>;
  findTokens(database: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, StoredToken>>;
  /** Keys and answers are the twelve digits of network and handle. */
  findTokensByHandle(
    database: Queryable,
    keys: readonly string[],
  ): Promise<ReadonlyMap<string, HandledToken>>;
  /** Marks payer codes used; answers for each whether it was the first, also among themselves. */
  claim(connection: Queryable, claims: readonly PayerCodeClaim[]): Promise<readonly boolean[]>;
  /** Deletes uses of steps before this one; answers how many. */
  forgetUses(database: Queryable, beforeStep: number): Promise<number>;
  /** Counts a wrong one-time value, from one again when the last one was at `forgetBefore` or earlier. */
  countFailure(database: Queryable, tokenId: TokenId, times: { at: Date; forgetBefore: Date }): Promise<void>;
}

/** Tokens and payer codes in PostgreSQL. */
export function createTokenStore(): TokenStore {
  return {
    insertToken,
    updateToken,
    insertEvent,
    listEvents,
    insertHandles,
    listHandles,
    lockToken,
    findTokens,
    findTokensByHandle,
    claim,
    forgetUses,
    countFailure,
  };
}

interface TokenRow {
  readonly token_id: TokenId;
  readonly wallet_id: ParticipantId;
  readonly issuer_id: ParticipantId;
  readonly account_sealed: Buffer;
  readonly account_key_id: string;
  readonly device_key_id: string;
  readonly account_marking: string;
  readonly account_hint: string;
  readonly presentments: Presentment[];
  readonly limit_currency: string | null;
  readonly limit_minor: string | null;
  readonly suspended_by: TokenActor[];
  readonly expires_at: Date;
  readonly created_at: Date;
  readonly deleted_at: Date | null;
}

const columns = `t.token_id, t.wallet_id, t.issuer_id, t.account_sealed, t.account_key_id, t.device_key_id,
  t.account_marking, t.account_hint, t.presentments, t.limit_currency, t.limit_minor, t.suspended_by,
  t.expires_at, t.created_at, t.deleted_at`;

function toStored(row: TokenRow): StoredToken {
  const { limit_currency: currency, limit_minor: minor } = row;
  return {
    token: {
      id: row.token_id,
      wallet: row.wallet_id,
      issuer: row.issuer_id,
      accountMarking: row.account_marking,
      accountHint: row.account_hint,
      presentments: row.presentments,
      paymentLimit: currency === null || minor === null ? undefined : { currency, minor: BigInt(minor) },
      suspendedBy: row.suspended_by,
      deletedAt: row.deleted_at ?? undefined,
      expiresAt: row.expires_at,
      createdAt: row.created_at,
    },
    account: { keyId: row.account_key_id, sealed: row.account_sealed },
    deviceKeyId: row.device_key_id,
  };
}

async function insertToken(
  connection: Queryable,
  { token, account, deviceKeyId }: StoredToken,
): Promise<void> {
  await connection.query({
    text: `insert into tokens (token_id, wallet_id, issuer_id, account_sealed, account_key_id, device_key_id,
        account_marking, account_hint, presentments, limit_currency, limit_minor, suspended_by, expires_at,
        created_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    values: [
      token.id,
      token.wallet,
      token.issuer,
      account.sealed,
      account.keyId,
      deviceKeyId,
      token.accountMarking,
      token.accountHint,
      token.presentments,
      token.paymentLimit?.currency ?? null,
      token.paymentLimit?.minor ?? null,
      token.suspendedBy,
      token.expiresAt,
      token.createdAt,
    ],
  });
}

async function updateToken(connection: Queryable, token: Token): Promise<void> {
  await connection.query({
    text: 'update tokens set suspended_by = $2, deleted_at = $3 where token_id = $1',
    values: [token.id, token.suspendedBy, token.deletedAt ?? null],
  });
}

async function insertEvent(connection: Queryable, tokenId: TokenId, entry: TokenHistoryEntry): Promise<void> {
  await connection.query({
    text: `insert into token_events (token_id, sequence, event, actor, participant_id, at)
      select $1, coalesce(max(sequence), 0) + 1, $2, $3, $4, $5 from token_events where token_id = $1`,
    values: [tokenId, entry.event, entry.actor, entry.participant, entry.at],
  });
}

async function listEvents(database: Queryable, tokenId: TokenId): Promise<readonly TokenHistoryEntry[]> {
  const { rows } = await database.query<{
    event: TokenHistoryEntry['event'];
    actor: TokenActor;
    participant_id: ParticipantId;
    at: Date;
  }>({
    text: 'select event, actor, participant_id, at from token_events where token_id = $1 order by sequence',
    values: [tokenId],
  });
  return rows.map(({ event, actor, participant_id: participant, at }) => ({ event, actor, participant, at }));
}

async function insertHandles(
  connection: Queryable,
  tokenId: TokenId,
  keys: readonly HandleKey[],
): Promise<readonly string[]> {
  const { rows } = await connection.query<{ handle: string }>({
    text: `insert into payer_code_handles (network_number, handle, token_id, position)
      select n, h, $1, p from unnest($2::text[], $3::text[]) with ordinality as k (n, h, p)
      on conflict do nothing returning handle, position`,
    values: [tokenId, keys.map((key) => key.networkNumber), keys.map((key) => key.handle)],
  });
  const entered = new Set(rows.map((row) => row.handle));
  return keys.map((key) => key.handle).filter((handle) => entered.delete(handle));
}

async function listHandles(database: Queryable, tokenId: TokenId): Promise<readonly HandleKey[]> {
  const { rows } = await database.query<{ network_number: string; handle: string }>({
    text: `select network_number, handle from payer_code_handles where token_id = $1
      order by position, network_number, handle`,
    values: [tokenId],
  });
  return rows.map((row) => ({ networkNumber: row.network_number, handle: row.handle }));
}

async function lockToken(connection: Queryable, tokenId: TokenId): Promise<StoredToken | undefined> {
  const { rows } = await connection.query<TokenRow>({
    text: `select ${columns} from tokens t where t.token_id = $1 for no key update`,
    values: [tokenId],
  });
  return rows[0] === undefined ? undefined : toStored(rows[0]);
}

async function findTokens(
  database: Queryable,
  ids: readonly string[],
): Promise<ReadonlyMap<string, StoredToken>> {
  const { rows } = await database.query<TokenRow>({
    name: 'tokens-find',
    text: `select ${columns} from tokens t where t.token_id = any($1::uuid[])`,
    values: [ids],
  });
  return new Map(rows.map((row) => [row.token_id, toStored(row)]));
}

async function findTokensByHandle(
  database: Queryable,
  keys: readonly string[],
): Promise<ReadonlyMap<string, HandledToken>> {
  const { rows } = await database.query<
    TokenRow & { key: string; failures: number | null; last_failed_at: Date | null }
  >({
    name: 'tokens-find-by-handle',
    text: `select k.n || k.h as key, f.failures, f.last_failed_at, ${columns}
      from unnest($1::text[], $2::text[]) as k (n, h)
      join payer_code_handles c on c.network_number = k.n and c.handle = k.h
      join tokens t on t.token_id = c.token_id
      left join payer_code_failures f on f.token_id = t.token_id`,
    values: [keys.map((key) => key.slice(0, 4)), keys.map((key) => key.slice(4))],
  });
  return new Map(
    rows.map((row) => [
      row.key,
      { ...toStored(row), failures: row.failures ?? 0, lastFailedAt: row.last_failed_at ?? undefined },
    ]),
  );
}

async function claim(connection: Queryable, claims: readonly PayerCodeClaim[]): Promise<readonly boolean[]> {
  if (claims.length === 0) {
    return [];
  }
  // Sorted, so that two batches with the same codes meet them in the same order and cannot deadlock.
  const { rows } = await connection.query<{ key: string }>({
    name: 'payer-codes-claim',
    text: `insert into payer_code_uses (step, network_number, handle, slot, token_id)
      select s, n, h, l, t from unnest($1::bigint[], $2::text[], $3::text[], $4::smallint[], $5::uuid[])
        as c (s, n, h, l, t) order by s, n, h, l
      on conflict do nothing
      returning concat_ws(' ', step, network_number, handle, slot) as key`,
    values: [
      claims.map((one) => one.step),
      claims.map((one) => one.networkNumber),
      claims.map((one) => one.handle),
      claims.map((one) => one.slot),
      claims.map((one) => one.tokenId),
    ],
  });
  const first = new Set(rows.map((row) => row.key));
  return claims.map((one) => first.delete(`${one.step} ${one.networkNumber} ${one.handle} ${one.slot}`));
}

async function forgetUses(database: Queryable, beforeStep: number): Promise<number> {
  const { rowCount } = await database.query({
    text: 'delete from payer_code_uses where step < $1',
    values: [beforeStep],
  });
  return rowCount ?? 0;
}

async function countFailure(
  database: Queryable,
  tokenId: TokenId,
  { at, forgetBefore }: { at: Date; forgetBefore: Date },
): Promise<void> {
  await database.query({
    name: 'payer-codes-failure',
    text: `insert into payer_code_failures as f (token_id, failures, last_failed_at) values ($1, 1, $2)
      on conflict (token_id) do update set last_failed_at = excluded.last_failed_at,
        failures = case when f.last_failed_at <= $3 then 1 else f.failures + 1 end`,
    values: [tokenId, at, forgetBefore],
  });
}
