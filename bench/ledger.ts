/**
 * The ledger beside pgbench TPC-B (32 clients) on the same server in the same run: `npm run bench:ledger`.
 *
 * DATABASE_URL names the server (fsync must be on); else one of our own is started. BENCH_ROUNDS times,
 * each BENCH_SECONDS long, a part and the yardstick take turns; the ratio is the median of the rounds, each
 * against the mean of the yardstick before and after it. BENCH_ONLY picks parts by name. A two-phase
 * transfer is one reserve and one post, counted once. After each part every balance is recomputed from the
 * transfers and compared.
 */
import { randomBytes } from 'node:crypto';
import { createLedger, type Ledger, ledgerMigrations, type NewTransfer } from '@barlink/ledger';
import { findPostgres, migrate } from '@barlink/postgres';
import { formatUuid7 } from '@barlink/protocol';
import pg from 'pg';
import { createYardstick, type Yardstick } from './tpcb.ts';

const seconds = Number(process.env.BENCH_SECONDS ?? 2);
const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const only = process.env.BENCH_ONLY;

interface Part {
  readonly name: string;
  readonly accounts: number;
  /** What each payer may spend before it is refused; undefined: no limit. */
  readonly funds?: bigint;
  /** Calls under way at once. */
  readonly callers: number;
  /** Makes one caller's source of rows, a call at a time. */
  rows(ids: readonly string[]): () => readonly NewTransfer[];
  /** How many of what is counted one call holds. */
  readonly perCall: number;
}

const parts: readonly Part[] = [
  { name: 'single-phase x1000', accounts: 200, callers: 3, perCall: 1000, rows: (ids) => singles(ids, 1000) },
  { name: 'single-phase x200', accounts: 200, callers: 3, perCall: 200, rows: (ids) => singles(ids, 200) },
  { name: 'single-phase x50', accounts: 200, callers: 3, perCall: 50, rows: (ids) => singles(ids, 50) },
  { name: 'two-phase x1000', accounts: 200, callers: 3, perCall: 500, rows: twoPhase },
  {
    name: 'limited payers x1000',
    accounts: 200,
    funds: 10n ** 15n,
    callers: 3,
    perCall: 1000,
    rows: (ids) => singles(ids, 1000),
  },
  {
    name: 'payers at their limit x1000',
    accounts: 200,
    funds: 2000n,
    callers: 3,
    perCall: 1000,
    rows: (ids) => singles(ids, 1000),
  },
  {
    name: '100,000 accounts x1000',
    accounts: 100_000,
    callers: 3,
    perCall: 1000,
    rows: (ids) => singles(ids, 1000),
  },
  { name: '512 callers of one', accounts: 200, callers: 512, perCall: 1, rows: (ids) => singles(ids, 1) },
];

async function main(): Promise<void> {
  const server = await findPostgres({
    url: process.env.DATABASE_URL,
    dataFolder: '.barlink/bench',
    durability: 'full',
    log: console.log,
  });
  try {
    await assertDurable(server.url);
    const yardstick = await createYardstick(server.url);
    const ratios = new Map<string, number>();
    for (const part of parts.filter((one) => only === undefined || one.name.includes(only))) {
      const ratio = await measure(server.url, part, yardstick);
      if (ratio !== undefined) ratios.set(part.name, ratio);
    }
    await yardstick?.drop();
    report(ratios);
  } finally {
    await server.stop();
  }
}

/** Takes turns with the yardstick: a slow moment of the machine hits both. @returns the median ratio. */
async function measure(
  url: string,
  part: Part,
  yardstick: Yardstick | undefined,
): Promise<number | undefined> {
  const database = await createDatabase(url);
  try {
    const ledger = createLedger(database.pool);
    const ids = await fill(database.pool, ledger, part);
    await run(ledger, part, ids, 1);
    const rates: number[] = [];
    const yards = [await yardstick?.measure(seconds)];
    const before = process.cpuUsage();
    let calls = 0;
    for (let round = 0; round < rounds; round += 1) {
      const done = await run(ledger, part, ids, seconds);
      calls += done.calls;
      rates.push((done.calls * part.perCall * 1000) / done.elapsedMs);
      yards.push(await yardstick?.measure(seconds));
    }
    const cpu = process.cpuUsage(before);
    const nodeUs = ((cpu.user + cpu.system) / (calls * part.perCall)).toFixed(1);
    console.log(
      `${part.name}: ${list(rates)} a second, ${nodeUs} us of Node's CPU each; TPC-B ${list(yards)}`,
    );
    await assertExact(database.pool);
    const ratios = rates.map((rate, at) => (2 * rate) / ((yards[at] ?? NaN) + (yards[at + 1] ?? NaN)));
    return yardstick === undefined ? undefined : ratios.sort((a, b) => a - b)[Math.floor(rounds / 2)];
  } finally {
    await database.drop();
  }
}

function list(numbers: readonly (number | undefined)[]): string {
  return numbers.map((number) => (number === undefined ? '-' : Math.round(number))).join(' ');
}

async function run(
  ledger: Ledger,
  part: Part,
  ids: readonly string[],
  length: number,
): Promise<{ calls: number; elapsedMs: number }> {
  const start = performance.now();
  const end = start + length * 1000;
  let calls = 0;
  const caller = async () => {
    const next = part.rows(ids);
    while (performance.now() < end) {
      await ledger.createTransfers(next());
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: part.callers }, caller));
  return { calls, elapsedMs: performance.now() - start };
}

function singles(ids: readonly string[], count: number): () => readonly NewTransfer[] {
  return () => Array.from({ length: count }, () => transfer(ids));
}

/** Each call reserves 500 transfers and posts the 500 that the call before it reserved. */
function twoPhase(ids: readonly string[]): () => readonly NewTransfer[] {
  let reserved: readonly NewTransfer[] = [];
  return () => {
    const posts = reserved.map(({ id }) => ({
      id: newId(),
      pendingId: id,
      flags: ['post_pending_transfer'] as const,
    }));
    reserved = Array.from({ length: 500 }, () => transfer(ids, ['pending']));
    return [...reserved, ...posts];
  };
}

function transfer(ids: readonly string[], flags: NewTransfer['flags'] = []): NewTransfer {
  const debit = Math.floor(Math.random() * ids.length);
  const credit = (debit + 1 + Math.floor(Math.random() * (ids.length - 1))) % ids.length;
  return {
    id: newId(),
    debitAccountId: ids[debit] ?? '',
    creditAccountId: ids[credit] ?? '',
    amount: BigInt(1 + Math.floor(Math.random() * 1000)),
    ledger: 156,
    code: 1,
    flags,
  };
}

let pool = randomBytes(0);
let used = 0;
function newId(): string {
  if (used + 10 > pool.length) {
    pool = randomBytes(10_000);
    used = 0;
  }
  used += 10;
  return formatUuid7(Date.now(), pool.subarray(used - 10, used));
}

async function fill(database: pg.Pool, ledger: Ledger, part: Part): Promise<readonly string[]> {
  const ids = Array.from({ length: part.accounts }, newId);
  const flags = part.funds === undefined ? [] : (['debits_must_not_exceed_credits'] as const);
  for (let from = 0; from < ids.length; from += 5000) {
    await ledger.createAccounts(
      ids.slice(from, from + 5000).map((id) => ({ id, ledger: 156, code: 1, flags })),
    );
  }
  if (part.funds === undefined) return ids;
  const source = newId();
  await ledger.createAccounts([{ id: source, ledger: 156, code: 1 }]);
  const { funds } = part;
  await ledger.createTransfers(
    ids.map((id) => ({
      id: newId(),
      debitAccountId: source,
      creditAccountId: id,
      amount: funds,
      ledger: 156,
      code: 1,
    })),
  );
  await database.query('analyze');
  return ids;
}

/** The balances are what the transfers say, account by account. */
async function assertExact(database: pg.Pool): Promise<void> {
  const { rows } = await database.query<{ wrong: string }>(`
    with ended as (
      select t.id, t.debit_account_id, t.credit_account_id, t.amount, o.outcome is not null as is_ended
      from ledger.transfers t left join ledger.outcomes o on o.pending_id = t.id where t.flags & 2 <> 0
    ), sums as (
      select account, sum(dp) dp, sum(dd) dd, sum(cp) cp, sum(cd) cd from (
        select debit_account_id account, 0 dp, amount dd, 0 cp, 0 cd
        from ledger.transfers where flags & 10 = 0
        union all
        select credit_account_id, 0, 0, 0, amount from ledger.transfers where flags & 10 = 0
        union all
        select debit_account_id, amount, 0, 0, 0 from ended where not is_ended
        union all
        select credit_account_id, 0, 0, amount, 0 from ended where not is_ended
      ) entry group by account
    )
    select count(*) as wrong from ledger.accounts a left join sums s on s.account = a.id
    where (a.debits_pending, a.debits_posted, a.credits_pending, a.credits_posted)
      <> (coalesce(dp, 0), coalesce(dd, 0), coalesce(cp, 0), coalesce(cd, 0))`);
  if (rows[0]?.wrong !== '0') throw new Error(`${rows[0]?.wrong} accounts differ from their transfers`);
}

async function assertDurable(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ name: string; setting: string }>(
    `select name, setting from pg_settings where name in ('fsync', 'synchronous_commit')`,
  );
  await client.end();
  if (rows.some((row) => row.setting !== 'on')) throw new Error('the server does not keep what it commits');
}

async function createDatabase(url: string): Promise<{ readonly pool: pg.Pool; drop(): Promise<void> }> {
  const name = `bench_ledger_${process.pid}`;
  const admin = new pg.Pool({ connectionString: url, max: 1 });
  await admin.query(`drop database if exists ${name} with (force)`);
  await admin.query(`create database ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  const database = new pg.Pool({ connectionString: own.href });
  // Connections that `drop` cuts off report it.
  database.on('error', () => undefined);
  await migrate(database, { folder: ledgerMigrations, schema: 'ledger' });
  return {
    pool: database,
    async drop() {
      await database.end();
      await admin.query(`drop database ${name} with (force)`);
      await admin.end();
    },
  };
}

function report(ratios: ReadonlyMap<string, number>): void {
  for (const [name, ratio] of ratios) {
    console.log(`RATIO ledger-${name.replaceAll(' ', '-').replaceAll(',', '')} ${ratio.toFixed(1)}`);
  }
}

await main();
