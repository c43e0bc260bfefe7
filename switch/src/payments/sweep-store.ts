import { type Queryable, uuidColumn } from '../database/index.ts';
import { type HistoryRow, historyColumns, toHistories } from './history-rows.ts';
import type { PaymentHistory } from './payment.ts';

/** SQL of the tables `payments_undecided` and `payment_watermark`. */
export interface SweepStore {
  /** Since when the oldest writing transaction is open: what it writes cannot be seen yet. */
  findOldestWrite(database: Queryable): Promise<Date | undefined>;
  /** How far was looked; whoever takes the marks keeps them until its transaction ends, others get none. */
  takeMarks(connection: Queryable): Promise<Marks | undefined>;
  /** Marks only rise. */
  raiseMarks(connection: Queryable, marks: Marks): Promise<void>;
  /** Lists the payments whose id lies in [from, before) and that have no outcome. */
  noteUndecided(
    connection: Queryable,
    range: { readonly from: string; readonly before: string },
  ): Promise<void>;
  /** Takes listed payments that nobody has taken since `untakenSince`, those that waited longest first. */
  takeUndecided(
    database: Queryable,
    options: { readonly now: Date; readonly untakenSince: Date; readonly most: number },
  ): Promise<readonly PaymentHistory[]>;
  /** Takes payments that have an outcome off the list. */
  removeUndecided(database: Queryable, ids: readonly string[]): Promise<void>;
}

/** Instants up to which payments were looked at, by the time of their ids. */
export interface Marks {
  /** No payment can appear before it, and those there without outcome are listed. */
  readonly decidedBefore: Date;
  /** Those that could be seen before it, and had no outcome, are listed. */
  readonly lookedBefore: Date;
}

/** The store; it holds no state of its own. */
export function createSweepStore(): SweepStore {
  return { findOldestWrite, takeMarks, raiseMarks, noteUndecided, takeUndecided, removeUndecided };
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

async function takeMarks(connection: Queryable): Promise<Marks | undefined> {
  const { rows } = await connection.query<{ decided_before: Date; looked_before: Date }>({
    name: 'payments-take-marks',
    // Not worth a wait for the disk: a crash takes the marks back together with what was listed.
    text: `select decided_before, looked_before, set_config('synchronous_commit', 'off', true)
      from payment_watermark for update skip locked`,
  });
  const [row] = rows;
  return row && { decidedBefore: row.decided_before, lookedBefore: row.looked_before };
}

async function raiseMarks(connection: Queryable, { decidedBefore, lookedBefore }: Marks): Promise<void> {
  await connection.query({
    name: 'payments-raise-marks',
    text: `update payment_watermark
      set decided_before = greatest(decided_before, $1), looked_before = greatest(looked_before, $2)`,
    values: [decidedBefore, lookedBefore],
  });
}

async function noteUndecided(
  connection: Queryable,
  range: { readonly from: string; readonly before: string },
): Promise<void> {
  await connection.query({
    name: 'payments-note-undecided',
    // Two sets of a range, not a look into the events for each payment: half the time.
    text: `insert into payments_undecided (payment_id)
      select payment_id from payments where payment_id >= $1 and payment_id < $2
      except select payment_id from payment_events
        where payment_id >= $1 and payment_id < $2 and state <> 'unknown'
      on conflict do nothing`,
    values: [range.from, range.before],
  });
}

async function takeUndecided(
  database: Queryable,
  options: { readonly now: Date; readonly untakenSince: Date; readonly most: number },
): Promise<readonly PaymentHistory[]> {
  const { rows } = await database.query<HistoryRow>({
    name: 'payments-take-undecided',
    text: `with taken as (
        update payments_undecided set taken_at = $1
        where payment_id in (
          select payment_id from payments_undecided where taken_at <= $2
          order by taken_at, payment_id limit $3 for update skip locked)
        returning payment_id)
      select ${historyColumns} from taken join payments p using (payment_id)
        left join payment_events e using (payment_id)
      order by p.payment_id, e.sequence`,
    values: [options.now, options.untakenSince, options.most],
  });
  return toHistories(rows);
}

async function removeUndecided(database: Queryable, ids: readonly string[]): Promise<void> {
  await database.query({
    name: 'payments-remove-undecided',
    text: 'delete from payments_undecided where payment_id = any($1)',
    values: [uuidColumn(ids, (id) => id)],
  });
}
