import type { ClearingSchedule, ParticipantId } from '@barlink/protocol';
import type { Queryable } from '../database/index.ts';
import type { Carry, Cycle, CycleNet, CycleStep, Obligation, Page, Viewer } from './cycle.ts';

/**
 * SQL of the tables of cycles, obligations, carries and net positions. Captures are read through the view
 * `captured_payments`.
 */
export interface CycleStore {
  /** False when the cycle is there already; one that is being opened is waited for. */
  open(connection: Queryable, cycle: { readonly id: number; readonly at: Date }): Promise<boolean>;
  /** Locks a cycle's row: what is decided about a cycle is decided one after the other. */
  lock(connection: Queryable, cycleId: number): Promise<void>;
  /** Says that a cycle enters a state; false when it has before. */
  enter(
    connection: Queryable,
    entry: { readonly cycleId: number; readonly step: CycleStep; readonly at: Date },
  ): Promise<boolean>;
  find(database: Queryable, cycleId: number): Promise<Cycle | undefined>;
  findOpen(database: Queryable): Promise<Cycle>;
  /** Latest first. */
  list(database: Queryable, page: Page<number>): Promise<readonly Cycle[]>;
  /** Cycles that are not settled, oldest first; the open one is the last. */
  listUnsettled(database: Queryable): Promise<readonly Cycle[]>;
  /** Transactions that may have stored captures or carries and are not over; names good for comparison. */
  listWriters(database: Queryable): Promise<readonly string[]>;
  /** One obligation for each payment captured in the cycle; set-based, as the next one. */
  writeObligations(connection: Queryable, cycleId: number): Promise<void>;
  writeNets(connection: Queryable, cycleId: number): Promise<void>;
  listNets(database: Queryable, cycleIds: readonly number[], viewer: Viewer): Promise<readonly CycleNet[]>;
  /** In the order of their payments. */
  listObligations(
    database: Queryable,
    wanted: Page<string> & { readonly cycleId: number; readonly viewer: Viewer },
  ): Promise<readonly Obligation[]>;
  /** Enters the cycle that is open when it is written. */
  insertCarries(connection: Queryable, carries: readonly Carry[]): Promise<void>;
  findSchedule(database: Queryable): Promise<ClearingSchedule | undefined>;
  insertSchedule(connection: Queryable, schedule: ClearingSchedule, setAt: Date): Promise<void>;
}

/** The store; it holds no state of its own. */
export function createCycleStore(): CycleStore {
  return {
    open,
    lock,
    enter,
    find: async (database, cycleId) => (await select(database, 'c.cycle_id = $1', [cycleId]))[0],
    async findOpen(database) {
      const [cycle] = await select(database, 'c.cycle_id = (select current_cycle())', []);
      if (cycle === undefined) {
        throw new Error('no clearing cycle was ever opened');
      }
      return cycle;
    },
    list: (database, { after, most }) =>
      select(database, '$1::integer is null or c.cycle_id < $1', [after ?? null], {
        order: 'c.cycle_id desc',
        most,
      }),
    listUnsettled: (database) => select(database, unsettled, []),
    listWriters,
    writeObligations,
    writeNets,
    listNets,
    listObligations,
    insertCarries,
    findSchedule,
    insertSchedule,
  };
}

async function open(connection: Queryable, { id, at }: { id: number; at: Date }): Promise<boolean> {
  const { rowCount } = await connection.query({
    text: 'insert into clearing_cycles (cycle_id, opened_at) values ($1, $2) on conflict do nothing',
    values: [id, at],
  });
  return rowCount === 1;
}

async function lock(connection: Queryable, cycleId: number): Promise<void> {
  await connection.query({
    text: 'select 1 from clearing_cycles where cycle_id = $1 for no key update',
    values: [cycleId],
  });
}

async function enter(
  connection: Queryable,
  entry: { readonly cycleId: number; readonly step: CycleStep; readonly at: Date },
): Promise<boolean> {
  const { rowCount } = await connection.query({
    text: `insert into clearing_cycle_events (cycle_id, state, at) values ($1, $2, $3)
      on conflict do nothing`,
    values: [entry.cycleId, entry.step, entry.at],
  });
  return rowCount === 1;
}

const unsettled = `not exists (select from clearing_cycle_events done
  where done.cycle_id = c.cycle_id and done.state = 'settled')`;

async function select(
  database: Queryable,
  condition: string,
  values: readonly unknown[],
  { order = 'c.cycle_id', most = 1000 }: { readonly order?: string; readonly most?: number } = {},
): Promise<readonly Cycle[]> {
  const { rows } = await database.query<{
    cycle_id: number;
    opened_at: Date;
    states: CycleStep[];
    times: Date[];
  }>({
    text: `select c.cycle_id, c.opened_at,
        array(select e.state from clearing_cycle_events e where e.cycle_id = c.cycle_id
          order by e.state) as states,
        array(select e.at from clearing_cycle_events e where e.cycle_id = c.cycle_id
          order by e.state) as times
      from clearing_cycles c where ${condition} order by ${order} limit ${most}`,
    values: [...values],
  });
  return rows.map(({ cycle_id: id, opened_at: openedAt, states, times }) => ({
    id,
    openedAt,
    reached: Object.fromEntries(states.map((state, at) => [state, times[at]])),
  }));
}

/**
 * A statement locks its table before it takes its snapshot, and keeps the lock until its transaction ends. So
 * whoever may have read an older cycle is in this list, and once it has left it, what it wrote can be seen.
 */
async function listWriters(database: Queryable): Promise<readonly string[]> {
  const { rows } = await database.query<{ transaction: string }>({
    text: `select distinct virtualtransaction as transaction from pg_locks
      where locktype = 'relation' and mode = 'RowExclusiveLock' and pid <> pg_backend_pid()
        and database = (select oid from pg_database where datname = current_database())
        and relation in ('payment_events'::regclass, 'carries'::regclass)`,
  });
  return rows.map(({ transaction }) => transaction);
}

async function writeObligations(connection: Queryable, cycleId: number): Promise<void> {
  await connection.query({
    text: `insert into obligations (payment_id, cycle_id, kind, debtor_id, creditor_id, currency,
        amount_minor, captured_at)
      select payment_id, cycle_id, kind,
        case kind when 'purchase' then issuer_id else acquirer_id end,
        case kind when 'purchase' then acquirer_id else issuer_id end,
        currency, amount_minor, captured_at
      from captured_payments where cycle_id = $1 order by payment_id`,
    values: [cycleId],
  });
}

async function writeNets(connection: Queryable, cycleId: number): Promise<void> {
  await connection.query({
    text: `insert into net_positions (cycle_id, currency, participant_id, net_minor, carried_minor,
        obligations)
      select $1, currency, participant_id, sum(net), sum(carried), sum(obligations)::integer
      from (
        select currency, creditor_id as participant_id, sum(amount_minor) as net, 0::numeric as carried,
          count(*) as obligations
        from obligations where cycle_id = $1 group by currency, creditor_id
        union all
        select currency, debtor_id, -sum(amount_minor), 0,
          count(*) filter (where debtor_id <> creditor_id)
        from obligations where cycle_id = $1 group by currency, debtor_id
        union all
        select currency, participant_id, 0, sum(amount_minor), 0
        from carries where cycle_id = $1 group by currency, participant_id
      ) part
      group by currency, participant_id`,
    values: [cycleId],
  });
}

async function listNets(
  database: Queryable,
  cycleIds: readonly number[],
  viewer: Viewer,
): Promise<readonly CycleNet[]> {
  const { rows } = await database.query<{
    cycle_id: number;
    currency: string;
    participant_id: ParticipantId;
    net_minor: string;
    carried_minor: string;
    obligations: number;
  }>({
    text: `select cycle_id, currency, participant_id, net_minor, carried_minor, obligations
      from net_positions where cycle_id = any($1) and ($2::text is null or participant_id = $2)
      order by cycle_id, currency, participant_id`,
    values: [cycleIds, viewer === 'operator' ? null : viewer],
  });
  return rows.map((row) => ({
    cycleId: row.cycle_id,
    participantId: row.participant_id,
    currency: row.currency,
    net: BigInt(row.net_minor),
    carried: BigInt(row.carried_minor),
    obligations: row.obligations,
  }));
}

async function listObligations(
  database: Queryable,
  wanted: Page<string> & { readonly cycleId: number; readonly viewer: Viewer },
): Promise<readonly Obligation[]> {
  const { cycleId, viewer, after, most } = wanted;
  const columns = 'payment_id, kind, debtor_id, creditor_id, currency, amount_minor, captured_at';
  const part = (condition: string) => `(select ${columns} from obligations
    where cycle_id = $1 and ($2::uuid is null or payment_id > $2) and ${condition}
    order by payment_id limit $3)`;
  const isOne = viewer !== 'operator';
  const { rows } = await database.query<{
    payment_id: string;
    kind: Obligation['kind'];
    debtor_id: ParticipantId;
    creditor_id: ParticipantId;
    currency: string;
    amount_minor: string;
    captured_at: Date;
  }>({
    // Both sides by their own index, one after the other.
    text: isOne
      ? `select ${columns} from (${part('debtor_id = $4')}
          union ${part('creditor_id = $4')}) side order by payment_id limit $3`
      : part('true'),
    values: [cycleId, after ?? null, most, ...(isOne ? [viewer] : [])],
  });
  return rows.map((row) => ({
    paymentId: row.payment_id,
    kind: row.kind,
    debtorId: row.debtor_id,
    creditorId: row.creditor_id,
    currency: row.currency,
    amount: BigInt(row.amount_minor),
    capturedAt: row.captured_at,
  }));
}

async function insertCarries(connection: Queryable, carries: readonly Carry[]): Promise<void> {
  await connection.query({
    text: `insert into carries (carry_id, from_cycle_id, currency, participant_id, amount_minor, at, cycle_id)
      select *, (select current_cycle())
      from unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::numeric[], $6::timestamptz[])`,
    values: [
      carries.map(({ id }) => id),
      carries.map(({ fromCycleId }) => fromCycleId),
      carries.map(({ currency }) => currency),
      carries.map(({ participantId }) => participantId),
      carries.map(({ amount }) => amount.toString()),
      carries.map(({ at }) => at),
    ],
  });
}

async function findSchedule(database: Queryable): Promise<ClearingSchedule | undefined> {
  const { rows } = await database.query<{ time_zone: string; cut_offs: string[] }>({
    text: 'select time_zone, cut_offs from clearing_schedules order by set_at desc limit 1',
  });
  const [row] = rows;
  return row === undefined ? undefined : { timeZone: row.time_zone, cutOffs: row.cut_offs };
}

async function insertSchedule(
  connection: Queryable,
  { timeZone, cutOffs }: ClearingSchedule,
  setAt: Date,
): Promise<void> {
  await connection.query({
    text: `insert into clearing_schedules (set_at, time_zone, cut_offs)
      values (greatest($1, (select max(set_at) + interval '1 microsecond' from clearing_schedules)), $2, $3)`,
    values: [setAt, timeZone, cutOffs],
  });
}
