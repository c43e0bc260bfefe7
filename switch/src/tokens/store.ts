import type {
  AssuranceMethod,
  Money,
  ParticipantId,
  Presentment,
  TokenId,
  TokenResource,
} from '@barlink/protocol';
import type { Queryable } from '../database/index.ts';
import type { SealAlgorithm } from './seal.ts';
import type { Token, TokenActor, TokenEvent } from './token.ts';
import type { TokenControls, TokenMerchant, UseLimit } from './token-controls.ts';
import type { SealedAccount } from './vault.ts';

/** A token with what only the vault can open. */
export interface StoredToken {
  readonly token: Token;
  readonly account: SealedAccount;
  readonly deviceKeyId: string;
}

/** What happened to a token. */
export interface TokenHistoryEntry {
  readonly event: TokenEvent | 'create' | 'control' | 'replace';
  readonly actor: TokenActor;
  readonly participant: ParticipantId;
  readonly at: Date;
  /** The token as it was made, with `create`. */
  readonly created?: TokenResource | undefined;
}

/** SQL of the tables `tokens` and `token_events`. */
export interface TokenStore {
  insertToken(connection: Queryable, stored: StoredToken): Promise<void>;
  /** Saves what can change: states, controls, device. */
  updateToken(connection: Queryable, token: Token): Promise<void>;
  insertEvent(connection: Queryable, tokenId: TokenId, entry: TokenHistoryEntry): Promise<void>;
  listEvents(database: Queryable, tokenId: TokenId): Promise<readonly TokenHistoryEntry[]>;
  /** Reads a token and keeps others from changing it until the transaction ends. */
  lockToken(connection: Queryable, tokenId: TokenId): Promise<StoredToken | undefined>;
  findTokens(database: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, StoredToken>>;
}

/** Tokens in PostgreSQL. */
export function createTokenStore(): TokenStore {
  return { insertToken, updateToken, insertEvent, listEvents, lockToken, findTokens };
}

/** A row of `tokens` as it is read. */
export interface TokenRow {
  readonly token_id: TokenId;
  readonly wallet_id: ParticipantId;
  readonly issuer_id: ParticipantId;
  readonly requestor_id: string;
  readonly account_sealed: Buffer;
  readonly account_key_id: string;
  readonly account_algorithm: SealAlgorithm;
  readonly device_key_id: string;
  readonly device_generation: number;
  readonly account_marking: string;
  readonly account_hint: string;
  readonly assurance_method: AssuranceMethod;
  readonly presentments: Presentment[];
  readonly limit_currency: string | null;
  readonly limit_minor: string | null;
  readonly day_count_max: number | null;
  readonly day_minor_max: string | null;
  readonly total_count_max: number | null;
  readonly total_minor_max: string | null;
  readonly merchants: string[] | null;
  readonly categories: string[] | null;
  readonly cryptogram: TokenControls['cryptogram'];
  readonly activation: Token['activation'];
  readonly suspended_by: TokenActor[];
  readonly expires_at: Date;
  readonly created_at: Date;
  readonly approved_at: Date | null;
  readonly activated_at: Date | null;
  readonly deleted_at: Date | null;
}

/** The columns of a {@link TokenRow}, of `tokens t`. */
export const tokenColumns = `t.token_id, t.wallet_id, t.issuer_id, t.requestor_id, t.account_sealed,
  t.account_key_id, t.account_algorithm, t.device_key_id, t.device_generation, t.account_marking,
  t.account_hint, t.assurance_method, t.presentments, t.limit_currency, t.limit_minor, t.day_count_max,
  t.day_minor_max, t.total_count_max, t.total_minor_max, t.merchants, t.categories, t.cryptogram,
  t.activation, t.suspended_by, t.expires_at, t.created_at, t.approved_at, t.activated_at, t.deleted_at`;

/** A row as a token. */
export function toStoredToken(row: TokenRow): StoredToken {
  return {
    token: {
      id: row.token_id,
      wallet: row.wallet_id,
      issuer: row.issuer_id,
      requestorId: row.requestor_id,
      accountMarking: row.account_marking,
      accountHint: row.account_hint,
      assuranceMethod: row.assurance_method,
      controls: toControls(row),
      activation: row.activation,
      approvedAt: row.approved_at ?? undefined,
      activatedAt: row.activated_at ?? undefined,
      suspendedBy: row.suspended_by,
      deletedAt: row.deleted_at ?? undefined,
      expiresAt: row.expires_at,
      createdAt: row.created_at,
      deviceGeneration: row.device_generation,
    },
    account: {
      keyId: row.account_key_id,
      algorithm: row.account_algorithm,
      sealed: row.account_sealed,
    },
    deviceKeyId: row.device_key_id,
  };
}

function toControls(row: TokenRow): TokenControls {
  const money = (minor: string | null): Money | undefined =>
    minor === null || row.limit_currency === null
      ? undefined
      : { currency: row.limit_currency, minor: BigInt(minor) };
  const limit = (period: UseLimit['period'], count: number | null, minor: string | null): UseLimit[] =>
    count === null && minor === null ? [] : [{ period, count: count ?? undefined, amount: money(minor) }];
  return {
    presentments: row.presentments,
    paymentLimit: money(row.limit_minor),
    useLimits: [
      ...limit('day', row.day_count_max, row.day_minor_max),
      ...limit('validity', row.total_count_max, row.total_minor_max),
    ],
    merchants: row.merchants?.map(toMerchant),
    categories: row.categories ?? undefined,
    cryptogram: row.cryptogram,
  };
}

function toMerchant(text: string): TokenMerchant {
  const [acquirer = '', merchantId] = text.split('/');
  return { acquirer: acquirer as ParticipantId, merchantId };
}

const fromMerchant = ({ acquirer, merchantId }: TokenMerchant) =>
  merchantId === undefined ? acquirer : `${acquirer}/${merchantId}`;

/** Columns and values of what can change. */
function changeable({ controls, ...token }: Token): Readonly<Record<string, unknown>> {
  const [day, life] = (['day', 'validity'] as const).map((period) =>
    controls.useLimits.find((limit) => limit.period === period),
  );
  const amounts = [controls.paymentLimit, day?.amount, life?.amount];
  return {
    suspended_by: token.suspendedBy,
    approved_at: token.approvedAt ?? null,
    activated_at: token.activatedAt ?? null,
    deleted_at: token.deletedAt ?? null,
    expires_at: token.expiresAt,
    assurance_method: token.assuranceMethod,
    device_generation: token.deviceGeneration,
    presentments: controls.presentments,
    limit_currency: amounts.find((amount) => amount !== undefined)?.currency ?? null,
    limit_minor: controls.paymentLimit?.minor ?? null,
    day_count_max: day?.count ?? null,
    day_minor_max: day?.amount?.minor ?? null,
    total_count_max: life?.count ?? null,
    total_minor_max: life?.amount?.minor ?? null,
    merchants: controls.merchants?.map(fromMerchant) ?? null,
    categories: controls.categories ?? null,
    cryptogram: controls.cryptogram,
  };
}

async function insertToken(
  connection: Queryable,
  { token, account, deviceKeyId }: StoredToken,
): Promise<void> {
  const row: Readonly<Record<string, unknown>> = {
    token_id: token.id,
    wallet_id: token.wallet,
    issuer_id: token.issuer,
    requestor_id: token.requestorId,
    account_sealed: account.sealed,
    account_key_id: account.keyId,
    account_algorithm: account.algorithm,
    device_key_id: deviceKeyId,
    account_marking: token.accountMarking,
    account_hint: token.accountHint,
    activation: token.activation,
    created_at: token.createdAt,
    ...changeable(token),
  };
  const names = Object.keys(row);
  await connection.query({
    text: `insert into tokens (${names.join(', ')}) values (${names.map((_, at) => `$${at + 1}`).join(', ')})`,
    values: Object.values(row),
  });
}

async function updateToken(connection: Queryable, token: Token): Promise<void> {
  const row = changeable(token);
  const changes = Object.keys(row).map((name, at) => `${name} = $${at + 2}`);
  await connection.query({
    text: `update tokens set ${changes.join(', ')} where token_id = $1`,
    values: [token.id, ...Object.values(row)],
  });
}

async function insertEvent(connection: Queryable, tokenId: TokenId, entry: TokenHistoryEntry): Promise<void> {
  await connection.query({
    text: `insert into token_events (token_id, sequence, event, actor, participant_id, at, created)
      select $1, coalesce(max(sequence), 0) + 1, $2, $3, $4, $5, $6 from token_events where token_id = $1`,
    values: [tokenId, entry.event, entry.actor, entry.participant, entry.at, entry.created ?? null],
  });
}

async function listEvents(database: Queryable, tokenId: TokenId): Promise<readonly TokenHistoryEntry[]> {
  const { rows } = await database.query<{
    event: TokenHistoryEntry['event'];
    actor: TokenActor;
    participant_id: ParticipantId;
    at: Date;
    created: TokenResource | null;
  }>({
    text: `select event, actor, participant_id, at, created from token_events where token_id = $1
      order by sequence`,
    values: [tokenId],
  });
  return rows.map(({ event, actor, participant_id: participant, at, created }) => ({
    event,
    actor,
    participant,
    at,
    ...(created === null ? {} : { created }),
  }));
}

async function lockToken(connection: Queryable, tokenId: TokenId): Promise<StoredToken | undefined> {
  const { rows } = await connection.query<TokenRow>({
    text: `select ${tokenColumns} from tokens t where t.token_id = $1 for no key update`,
    values: [tokenId],
  });
  return rows[0] === undefined ? undefined : toStoredToken(rows[0]);
}

async function findTokens(
  database: Queryable,
  ids: readonly string[],
): Promise<ReadonlyMap<string, StoredToken>> {
  const { rows } = await database.query<TokenRow>({
    name: 'tokens-find',
    text: `select ${tokenColumns} from tokens t where t.token_id = any($1::uuid[])`,
    values: [ids],
  });
  return new Map(rows.map((row) => [row.token_id, toStoredToken(row)]));
}
