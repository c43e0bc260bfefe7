import type { Queryable } from '../database/index.ts';
import { formatSnapshot, type Snapshot } from './snapshot.ts';

/** SQL that leads from things to their leaves and what they commit to; cosignatures; erasure. */
export interface OpeningStore {
  findMessage(database: Queryable, sender: string, jti: string): Promise<StoredLeaf | undefined>;
  /** The leaves of a payment: its requests, events and transfers. */
  listOfPayment(database: Queryable, paymentId: string): Promise<readonly StoredLeaf[]>;
  /** The leaves of transactions that `covered` has and `before` has not. */
  listBetween(
    database: Queryable,
    heads: { readonly before: Snapshot; readonly covered: Snapshot },
  ): Promise<readonly StoredLeaf[]>;
  /** The sizes of the first head that covers a transaction and of the one before it. */
  findSpan(database: Queryable, transaction: bigint): Promise<{ from: number; to: number } | undefined>;
  /** Records that are no leaf. */
  listUnlogged(database: Queryable, most: number): Promise<readonly UnloggedRecord[]>;
  listCosignatures(database: Queryable, size: number): Promise<readonly StoredCosignature[]>;
  /** The largest tree a witness has signed for; 0 for none. */
  findLastWitnessed(database: Queryable, witness: string): Promise<number>;
  insertCosignature(
    connection: Queryable,
    cosignature: StoredCosignature & { readonly size: number; readonly at: Date },
  ): Promise<void>;
  /** Erases what is older: salts of all leaves, messages and their answers. */
  erase(connection: Queryable, before: Date): Promise<{ salts: number; messages: number }>;
}

/** What a leaf is of. */
export type LeafKind = 'message' | 'event' | 'transfer' | 'expiry' | 'answer';

/** A leaf with what opens it, as far as it is still there. */
export interface StoredLeaf {
  readonly transaction: bigint;
  readonly kind: LeafKind;
  readonly ref: string;
  /** The sender of a message or answer, the sequence of an event. */
  readonly part: string;
  readonly hash: Uint8Array;
  readonly salt: Uint8Array | undefined;
  readonly record: string | undefined;
}

/** A record without leaf. */
export type UnloggedRecord = Pick<StoredLeaf, 'kind' | 'ref' | 'part'>;

/** What a witness signed. */
export interface StoredCosignature {
  readonly witness: string;
  readonly signed: string;
}

/** The store; it holds no state of its own. */
export function createOpeningStore(): OpeningStore {
  return {
    findMessage,
    listOfPayment,
    listBetween,
    findSpan,
    listUnlogged,
    listCosignatures,
    findLastWitnessed,
    insertCosignature,
    erase,
  };
}

const kinds: readonly LeafKind[] = ['message', 'event', 'transfer', 'expiry', 'answer'];

interface LeafRow {
  transaction: string;
  kind: number;
  ref: string;
  part: string;
  hash: Buffer;
  salt: Buffer | null;
  record: string | null;
}

const leafColumns = 'l.transaction::text, l.kind, l.ref, l.part, l.hash, l.salt, r.record';
const withRecord = 'left join log_records r on (r.kind, r.ref, r.part) = (l.kind, l.ref, l.part)';

function toLeaf(row: LeafRow): StoredLeaf {
  return {
    transaction: BigInt(row.transaction),
    kind: toKind(row.kind),
    ref: row.ref,
    part: row.part,
    hash: row.hash,
    salt: row.salt ?? undefined,
    record: row.record ?? undefined,
  };
}

function toKind(kind: number): LeafKind {
  const name = kinds[kind - 1];
  if (name === undefined) {
    throw new Error(`a leaf is of the unknown kind ${kind}`);
  }
  return name;
}

async function findMessage(
  database: Queryable,
  sender: string,
  jti: string,
): Promise<StoredLeaf | undefined> {
  const { rows } = await database.query<LeafRow>({
    text: `select ${leafColumns} from messages m
      join log_leaves l on l.kind = 1 and l.ref = m.idempotency_key and l.part = m.sender_id ${withRecord}
      where m.sender_id = $1 and m.jti = $2`,
    values: [sender, jti],
  });
  return rows.map(toLeaf)[0];
}

async function listOfPayment(database: Queryable, paymentId: string): Promise<readonly StoredLeaf[]> {
  const { rows } = await database.query<LeafRow>({
    text: `with named as (
        select 1 as kind, idempotency_key as ref from messages where subject = $1::text
        union all select 2, $1::uuid
        union all select 3, $1::uuid
        union all select 3, transfer_id from payment_events where payment_id = $1::uuid
      )
      select ${leafColumns} from named n join log_leaves l using (kind, ref) ${withRecord}
      order by l.transaction, l.kind, l.ref, l.part`,
    values: [paymentId],
  });
  return rows.map(toLeaf);
}

async function listBetween(
  database: Queryable,
  { before, covered }: { readonly before: Snapshot; readonly covered: Snapshot },
): Promise<readonly StoredLeaf[]> {
  const { rows } = await database.query<LeafRow>({
    text: `with l as (
        select transaction, kind, ref, part, hash, salt from log_leaves
        where (transaction >= $1::xid8 and transaction < $3::xid8 or transaction = any($2::xid8[]))
          and pg_visible_in_snapshot(transaction, $4::pg_snapshot))
      select ${leafColumns} from l ${withRecord}`,
    values: [
      before.before.toString(),
      before.except.map(String),
      covered.before.toString(),
      formatSnapshot(covered),
    ],
  });
  return rows.map(toLeaf);
}

async function findSpan(
  database: Queryable,
  transaction: bigint,
): Promise<{ from: number; to: number } | undefined> {
  const { rows } = await database.query<{ from: string; to: string }>({
    text: `select h.size as to, coalesce(
        (select p.size from log_heads p where p.size < h.size order by p.size desc limit 1), 0) as from
      from log_heads h where h.visible_before > $1::xid8 and pg_visible_in_snapshot($1::xid8, h.snapshot)
      order by h.size limit 1`,
    values: [transaction.toString()],
  });
  const row = rows[0];
  return row === undefined ? undefined : { from: Number(row.from), to: Number(row.to) };
}

async function listUnlogged(database: Queryable, most: number): Promise<readonly UnloggedRecord[]> {
  const { rows } = await database.query<Pick<LeafRow, 'kind' | 'ref' | 'part'>>({
    text: `select r.kind, r.ref, r.part from log_records r left join log_leaves l using (ref, kind, part)
      where l.ref is null order by r.ref, r.kind limit $1`,
    values: [most],
  });
  return rows.map(({ kind, ref, part }) => ({ kind: toKind(kind), ref, part }));
}

async function listCosignatures(database: Queryable, size: number): Promise<readonly StoredCosignature[]> {
  const { rows } = await database.query<{ witness_id: string; signed: string }>({
    text: 'select witness_id, signed from log_cosignatures where size = $1 order by witness_id',
    values: [size],
  });
  return rows.map((row) => ({ witness: row.witness_id, signed: row.signed }));
}

async function findLastWitnessed(database: Queryable, witness: string): Promise<number> {
  const { rows } = await database.query<{ size: string | null }>({
    text: 'select max(size) as size from log_cosignatures where witness_id = $1',
    values: [witness],
  });
  return Number(rows[0]?.size ?? 0);
}

async function insertCosignature(
  connection: Queryable,
  cosignature: StoredCosignature & { readonly size: number; readonly at: Date },
): Promise<void> {
  await connection.query({
    text: `insert into log_cosignatures (size, witness_id, signed, at) values ($1, $2, $3, $4)
      on conflict (size, witness_id) do nothing`,
    values: [cosignature.size, cosignature.witness, cosignature.signed, cosignature.at],
  });
}

async function erase(connection: Queryable, before: Date): Promise<{ salts: number; messages: number }> {
  const { rows } = await connection.query<{ salts: string; messages: string }>({
    text: 'select salts, messages from log_erase($1)',
    values: [before],
  });
  return { salts: Number(rows[0]?.salts ?? 0), messages: Number(rows[0]?.messages ?? 0) };
}
