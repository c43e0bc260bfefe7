import type { PaymentId } from '@barlink/protocol';
import { numberColumn, type Queryable, textColumn, timestampColumn, uuidColumn } from '../database/index.ts';
import { type HistoryRow, historyColumns, toHistories } from './history-rows.ts';
import type { Payment, PaymentEvent, PaymentHistory } from './payment.ts';
import { createSweepStore, type SweepStore } from './sweep-store.ts';

/** SQL of the tables `payments` and `payment_events`, and of those of the sweeper. */
export interface PaymentStore extends SweepStore {
  insertPayments(connection: Queryable, payments: readonly Payment[]): Promise<void>;
  /** Stores events; answers for each whether its sequence was free. */
  insertEvents(connection: Queryable, entries: readonly EventEntry[]): Promise<readonly boolean[]>;
  /** The same when every sequence is free; else the transaction fails with `23505` (unique_violation). */
  insertAllEvents(connection: Queryable, entries: readonly EventEntry[]): Promise<void>;
  /** Stores the reversal of a captured payment; false when the cycle it was captured in is not open. */
  insertReversal(connection: Queryable, entry: EventEntry): Promise<boolean>;
  findHistories(database: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, PaymentHistory>>;
  listRefunds(database: Queryable, originalId: PaymentId): Promise<readonly PaymentHistory[]>;
  /** Makes refunds and reversals of one payment come one after the other. */
  lock(connection: Queryable, id: PaymentId): Promise<void>;
}

/** An event of a payment. */
export interface EventEntry {
  readonly paymentId: PaymentId;
  readonly event: PaymentEvent;
}

/** The store; it holds no state of its own. */
export function createPaymentStore(): PaymentStore {
  return {
    insertPayments,
    insertEvents,
    insertAllEvents,
    insertReversal,
    findHistories,
    listRefunds,
    lock,
    ...createSweepStore(),
  };
}

async function insertPayments(connection: Queryable, payments: readonly Payment[]): Promise<void> {
  const texts = (value: (payment: Payment) => string | undefined) => textColumn(payments, value);
  const uuids = (value: (payment: Payment) => string | undefined) => uuidColumn(payments, value);
  await connection.query({
    name: 'payments-insert',
    text: `insert into payments (payment_id, kind, presentment, currency, amount_minor, issuer_id,
        acquirer_id, wallet_id, sender_id, token_id, merchant, code_id, reference,
        original_payment_id, created_at)
      select payment_id, kind, presentment, currency, amount_minor, issuer_id, acquirer_id, wallet_id,
        sender_id, token_id, merchant::jsonb, code_id, reference, original_payment_id, created_at
      from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[],
          $7::text[], $8::text[], $9::text[], $10::uuid[], $11::text[],
          $12::text[], $13::text[], $14::uuid[], $15::timestamptz[])
        as payment (payment_id, kind, presentment, currency, amount_minor, issuer_id, acquirer_id,
          wallet_id, sender_id, token_id, merchant, code_id, reference, original_payment_id, created_at)`,
    values: [
      uuids((payment) => payment.id),
      texts((payment) => payment.kind),
      texts((payment) => payment.presentment),
      texts((payment) => payment.amount.currency),
      numberColumn(payments, (payment) => payment.amount.minor),
      texts((payment) => payment.issuerId),
      texts((payment) => payment.acquirerId),
      texts((payment) => payment.walletId),
      texts((payment) => payment.senderId),
      uuids((payment) => payment.tokenId),
      texts((payment) => JSON.stringify(payment.merchant)),
      texts((payment) => payment.codeId),
      texts((payment) => payment.reference),
      uuids((payment) => payment.originalPaymentId),
      timestampColumn(payments, (payment) => payment.createdAt),
    ],
  });
}

const insertEntries = `insert into payment_events (payment_id, sequence, state, reason, evidence_signature,
    evidence_body, transfer_id, at, cycle_id)
  select payment_id, sequence, state, reason, signature, body, transfer_id, at, (select current_cycle())
  from unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[],
    $8::timestamptz[])
    with ordinality
    as event (payment_id, sequence, state, reason, signature, body, transfer_id, at, position)
  order by payment_id, position`;

function toColumns(entries: readonly EventEntry[]): unknown[] {
  const texts = (value: (event: PaymentEvent) => string | undefined) =>
    textColumn(entries, ({ event }) => value(event));
  return [
    uuidColumn(entries, ({ paymentId }) => paymentId),
    numberColumn(entries, ({ event }) => event.sequence),
    texts((event) => event.state),
    texts((event) => event.reason),
    texts((event) => event.evidence?.signature),
    texts((event) => event.evidence?.body),
    uuidColumn(entries, ({ event }) => event.transferId),
    timestampColumn(entries, ({ event }) => event.at),
  ];
}

async function insertEvents(
  connection: Queryable,
  entries: readonly EventEntry[],
): Promise<readonly boolean[]> {
  const { rows } = await connection.query<{ payment_id: string }>({
    name: 'payments-insert-events',
    text: `${insertEntries} on conflict do nothing returning payment_id`,
    values: toColumns(entries),
  });
  const stored = new Set(rows.map((row) => row.payment_id));
  // Of two events that want one sequence in one batch the first is stored: the order above is total.
  return entries.map(({ paymentId }) => stored.delete(paymentId));
}

async function insertAllEvents(connection: Queryable, entries: readonly EventEntry[]): Promise<void> {
  const values = toColumns(entries);
  await connection.query({ name: 'payments-insert-all-events', text: insertEntries, values });
}

async function insertReversal(connection: Queryable, { paymentId, event }: EventEntry): Promise<boolean> {
  const { rowCount } = await connection.query({
    text: `insert into payment_events (payment_id, sequence, state, reason, transfer_id, at, cycle_id)
      select payment_id, $2, $3, $4, $5, $6, cycle_id from payment_events
      where payment_id = $1 and state = 'captured' and cycle_id = (select current_cycle())`,
    values: [paymentId, event.sequence, event.state, event.reason, event.transferId, event.at],
  });
  return rowCount === 1;
}

async function findHistories(
  database: Queryable,
  ids: readonly string[],
): Promise<ReadonlyMap<string, PaymentHistory>> {
  const { rows } = await database.query<HistoryRow>({
    name: 'payments-find',
    text: `select ${historyColumns} from payments p left join payment_events e using (payment_id)
      where p.payment_id = any($1) order by p.payment_id, e.sequence`,
    values: [ids],
  });
  return new Map(toHistories(rows).map((history) => [history.payment.id, history]));
}

async function listRefunds(database: Queryable, originalId: PaymentId): Promise<readonly PaymentHistory[]> {
  const { rows } = await database.query<HistoryRow>({
    text: `select ${historyColumns} from payments p left join payment_events e using (payment_id)
      where p.original_payment_id = $1 order by p.payment_id, e.sequence`,
    values: [originalId],
  });
  return toHistories(rows);
}

async function lock(connection: Queryable, id: PaymentId): Promise<void> {
  await connection.query({ text: 'select 1 from payments where payment_id = $1 for update', values: [id] });
}
