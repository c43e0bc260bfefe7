import type {
  CodeId,
  ParticipantId,
  PaymentId,
  Presentment,
  Reason,
  TokenId,
  WireMerchant,
} from '@barlink/protocol';
import { numberColumn, type Queryable, textColumn, timestampColumn, uuidColumn } from '../database/index.ts';
import type { Payment, PaymentEvent, PaymentHistory } from './payment.ts';

/** SQL of the tables `payments`, `payment_events` and `payment_watermark`. */
export interface PaymentStore {
  insertPayments(connection: Queryable, payments: readonly Payment[]): Promise<void>;
  /** Stores events; answers for each whether its sequence was free. */
  insertEvents(connection: Queryable, entries: readonly EventEntry[]): Promise<readonly boolean[]>;
  /** Stores the reversal of a captured payment; false when the cycle it was captured in is not open. */
  insertReversal(connection: Queryable, entry: EventEntry): Promise<boolean>;
  findHistories(database: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, PaymentHistory>>;
  listRefunds(database: Queryable, originalId: PaymentId): Promise<readonly PaymentHistory[]>;
  /** Makes refunds and reversals of one payment come one after the other. */
  lock(connection: Queryable, id: PaymentId): Promise<void>;
  /** Payments whose id lies in [from, before) and that have no outcome, oldest first. */
  listUndecided(
    database: Queryable,
    range: { readonly from: string; readonly before: string; readonly most: number },
  ): Promise<readonly PaymentHistory[]>;
  /** Since when the oldest writing transaction is open: what it writes cannot be seen yet. */
  findOldestWrite(database: Queryable): Promise<Date | undefined>;
  readWatermark(database: Queryable): Promise<Date>;
  raiseWatermark(database: Queryable, decidedBefore: Date): Promise<void>;
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
    insertReversal,
    findHistories,
    listRefunds,
    lock,
    listUndecided,
    findOldestWrite,
    readWatermark,
    raiseWatermark,
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

async function insertEvents(
  connection: Queryable,
  entries: readonly EventEntry[],
): Promise<readonly boolean[]> {
  const texts = (value: (event: PaymentEvent) => string | undefined) =>
    textColumn(entries, ({ event }) => value(event));
  const { rows } = await connection.query<{ payment_id: string }>({
    name: 'payments-insert-events',
    text: `insert into payment_events (payment_id, sequence, state, reason, evidence_signature,
        evidence_body, transfer_id, at, cycle_id)
      select payment_id, sequence, state, reason, signature, body, transfer_id, at,
        (select current_cycle())
      from unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::text[],
        $7::uuid[], $8::timestamptz[])
        with ordinality
        as event (payment_id, sequence, state, reason, signature, body, transfer_id, at, position)
      order by payment_id, position
      on conflict do nothing
      returning payment_id`,
    values: [
      uuidColumn(entries, ({ paymentId }) => paymentId),
      numberColumn(entries, ({ event }) => event.sequence),
      texts((event) => event.state),
      texts((event) => event.reason),
      texts((event) => event.evidence?.signature),
      texts((event) => event.evidence?.body),
      uuidColumn(entries, ({ event }) => event.transferId),
      timestampColumn(entries, ({ event }) => event.at),
    ],
  });
  const stored = new Set(rows.map((row) => row.payment_id));
  // Of two events that want one sequence in one batch the first is stored: the order above is total.
  return entries.map(({ paymentId }) => stored.delete(paymentId));
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

interface HistoryRow {
  payment_id: PaymentId;
  kind: Payment['kind'];
  presentment: Presentment;
  currency: string;
  amount_minor: string;
  issuer_id: ParticipantId;
  acquirer_id: ParticipantId;
  wallet_id: ParticipantId;
  sender_id: ParticipantId;
  token_id: TokenId;
  merchant: WireMerchant;
  code_id: CodeId | null;
  reference: string | null;
  original_payment_id: PaymentId | null;
  created_at: Date;
  sequence: number | null;
  state: PaymentEvent['state'] | null;
  reason: Reason | null;
  evidence_signature: string | null;
  evidence_body: string | null;
  transfer_id: string | null;
  at: Date | null;
}

const historyColumns = `p.payment_id, p.kind, p.presentment, p.currency, p.amount_minor, p.issuer_id,
  p.acquirer_id,
  p.wallet_id, p.sender_id, p.token_id, p.merchant, p.code_id, p.reference, p.original_payment_id,
    p.created_at,
  e.sequence, e.state, e.reason, e.evidence_signature, e.evidence_body, e.transfer_id, e.at`;

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

async function listUndecided(
  database: Queryable,
  range: { readonly from: string; readonly before: string; readonly most: number },
): Promise<readonly PaymentHistory[]> {
  const { rows } = await database.query<HistoryRow>({
    name: 'payments-undecided',
    // Two sets of a range, not a look into the events for each payment: half the time.
    text: `with undecided as (
        select payment_id from payments where payment_id >= $1 and payment_id < $2
        except select payment_id from payment_events
          where payment_id >= $1 and payment_id < $2 and state <> 'unknown'
        order by payment_id limit $3)
      select ${historyColumns} from undecided join payments p using (payment_id)
        left join payment_events e using (payment_id)
      order by p.payment_id, e.sequence`,
    values: [range.from, range.before, range.most],
  });
  return toHistories(rows);
}

async function findOldestWrite(database: Queryable): Promise<Date | undefined> {
  const { rows } = await database.query<{ oldest: Date | null }>({
    name: 'payments-oldest-write',
    text: `select min(xact_start) as oldest from pg_stat_activity
      where datname = current_database() and usename = current_user and pid <> pg_backend_pid()
        and (backend_xid is not null or state like 'idle in transaction%')`,
  });
  return rows[0]?.oldest ?? undefined;
}

async function readWatermark(database: Queryable): Promise<Date> {
  const { rows } = await database.query<{ decided_before: Date }>({
    text: 'select decided_before from payment_watermark',
  });
  return rows[0]?.decided_before ?? new Date(0);
}

async function raiseWatermark(database: Queryable, decidedBefore: Date): Promise<void> {
  await database.query({
    text: 'update payment_watermark set decided_before = greatest(decided_before, $1)',
    values: [decidedBefore],
  });
}

function toHistories(rows: readonly HistoryRow[]): readonly PaymentHistory[] {
  const histories = new Map<string, { payment: Payment; events: PaymentEvent[] }>();
  for (const row of rows) {
    const history = histories.get(row.payment_id) ?? { payment: toPayment(row), events: [] };
    histories.set(row.payment_id, history);
    if (row.sequence !== null && row.state !== null && row.at !== null) {
      history.events.push({
        sequence: row.sequence,
        state: row.state,
        reason: row.reason ?? undefined,
        evidence:
          row.evidence_signature === null
            ? undefined
            : { signature: row.evidence_signature, body: row.evidence_body ?? '' },
        transferId: row.transfer_id ?? undefined,
        at: row.at,
      });
    }
  }
  return [...histories.values()];
}

function toPayment(row: HistoryRow): Payment {
  return {
    id: row.payment_id,
    kind: row.kind,
    presentment: row.presentment,
    amount: { currency: row.currency, minor: BigInt(row.amount_minor) },
    issuerId: row.issuer_id,
    acquirerId: row.acquirer_id,
    walletId: row.wallet_id,
    senderId: row.sender_id,
    tokenId: row.token_id,
    merchant: row.merchant,
    codeId: row.code_id ?? undefined,
    reference: row.reference ?? undefined,
    originalPaymentId: row.original_payment_id ?? undefined,
    createdAt: row.created_at,
  };
}
