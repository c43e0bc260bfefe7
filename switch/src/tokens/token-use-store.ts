import type { Money, ParticipantId, PaymentId, TokenId } from '@barlink/protocol';
import type { Queryable } from '../database/index.ts';
import type { RefusalReason } from './token-use.ts';

/** What a payment takes of a token's limits, and its cryptogram's counter. */
export interface TokenUseClaim {
  readonly paymentId: PaymentId;
  readonly tokenId: TokenId;
  readonly amount: Money;
  readonly counter: number | undefined;
  /** Its day counts, in UTC. */
  readonly at: Date;
}

/** A payment a token was not good for. */
export interface TokenRefusal {
  readonly id: string;
  readonly tokenId: TokenId;
  readonly reason: RefusalReason;
  readonly sender: ParticipantId;
  readonly acquirer: ParticipantId | undefined;
  readonly merchantId: string | undefined;
  readonly amount: Money;
  readonly at: Date;
}

/** SQL of the tables `token_usage`, `token_reservations` and `token_refusals`. */
export interface TokenUseStore {
  /**
   * Gives back what these payments took, then takes for others, in order; answers for each taker undefined,
   * or what did not let it.
   */
  change(
    connection: Queryable,
    uses: {
      readonly released: readonly PaymentId[];
      readonly claims: readonly TokenUseClaim[];
    },
  ): Promise<readonly (RefusalReason | undefined)[]>;
  /** A new device begins counting its cryptograms anew. */
  resetCounter(connection: Queryable, tokenId: TokenId): Promise<void>;
  insertRefusals(database: Queryable, refusals: readonly TokenRefusal[]): Promise<void>;
  /** The latest ones, newest first. */
  listRefusals(database: Queryable, tokenId: TokenId): Promise<readonly TokenRefusal[]>;
  /** Deletes what payments before this instant took, and the counts of days before it. */
  forget(database: Queryable, before: Date): Promise<void>;
}

/** A counter may run ahead of the last one by this much: cryptograms that never arrived. */
export const counterWindow = 1000;
/** Refusals that are shown. */
const refusalsShown = 100;

/** Uses and refusals of tokens in PostgreSQL. */
export function createTokenUseStore(): TokenUseStore {
  return { change, resetCounter, insertRefusals, listRefusals, forget };
}

async function change(
  connection: Queryable,
  { released, claims }: Parameters<TokenUseStore['change']>[1],
): Promise<readonly (RefusalReason | undefined)[]> {
  const column = <Value>(value: (one: TokenUseClaim) => Value) => claims.map(value);
  const { rows } = await connection.query<{ verdicts: (RefusalReason | null)[] }>({
    name: 'tokens-change-uses',
    text: `select change_token_uses($1::uuid[], $2::uuid[], $3::uuid[], $4::date[], $5::bigint[],
      $6::bigint[], $7) as verdicts`,
    values: [
      released,
      column(({ paymentId }) => paymentId),
      column(({ tokenId }) => tokenId),
      column(({ at }) => at.toISOString().slice(0, 10)),
      column(({ amount }) => amount.minor.toString()),
      column(({ counter }) => counter ?? null),
      counterWindow,
    ],
  });
  const verdicts = rows[0]?.verdicts ?? [];
  return claims.map((_, at) => verdicts[at] ?? undefined);
}

async function resetCounter(connection: Queryable, tokenId: TokenId): Promise<void> {
  await connection.query({
    text: 'update token_usage set last_counter = 0 where token_id = $1',
    values: [tokenId],
  });
}

async function insertRefusals(database: Queryable, refusals: readonly TokenRefusal[]): Promise<void> {
  const column = <Value>(value: (one: TokenRefusal) => Value) => refusals.map(value);
  await database.query({
    name: 'tokens-insert-refusals',
    text: `insert into token_refusals (refusal_id, token_id, reason, sender_id, acquirer_id, merchant_id,
        currency, minor, at)
      select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::bigint[], $9::timestamptz[])`,
    values: [
      column(({ id }) => id),
      column(({ tokenId }) => tokenId),
      column(({ reason }) => reason),
      column(({ sender }) => sender),
      column(({ acquirer }) => acquirer ?? null),
      column(({ merchantId }) => merchantId ?? null),
      column(({ amount }) => amount.currency),
      column(({ amount }) => amount.minor.toString()),
      column(({ at }) => at),
    ],
  });
}

async function listRefusals(database: Queryable, tokenId: TokenId): Promise<readonly TokenRefusal[]> {
  const { rows } = await database.query<{
    refusal_id: string;
    token_id: TokenId;
    reason: RefusalReason;
    sender_id: ParticipantId;
    acquirer_id: ParticipantId | null;
    merchant_id: string | null;
    currency: string;
    minor: string;
    at: Date;
  }>({
    text: `select refusal_id, token_id, reason, sender_id, acquirer_id, merchant_id, currency, minor, at
      from token_refusals where token_id = $1 order by refusal_id desc limit $2`,
    values: [tokenId, refusalsShown],
  });
  return rows.map((row) => ({
    id: row.refusal_id,
    tokenId: row.token_id,
    reason: row.reason,
    sender: row.sender_id,
    acquirer: row.acquirer_id ?? undefined,
    merchantId: row.merchant_id ?? undefined,
    amount: { currency: row.currency, minor: BigInt(row.minor) },
    at: row.at,
  }));
}

async function forget(database: Queryable, before: Date): Promise<void> {
  const day = before.toISOString().slice(0, 10);
  await database.query({ text: 'delete from token_reservations where day < $1::date', values: [day] });
  await database.query({
    text: `delete from token_usage where day < $1::date and day > '0001-01-01'`,
    values: [day],
  });
}
