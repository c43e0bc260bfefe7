import { deepEqual, equal, ok } from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { createLedger, type Ledger, type NewTransfer } from '../../src/index.ts';
import { assertBooksAgree, assertEndsAgree } from '../books.ts';
import { createLedgerDatabase, newId, type TestDatabase } from '../database.ts';

interface WireTransfer {
  readonly id: string;
  readonly debitAccountId: string;
  readonly creditAccountId: string;
  readonly amount: string;
}

/** What the writing process tells: about to ask, and answered. */
type Message =
  | { readonly kind: 'asking'; readonly rows: readonly WireTransfer[] }
  | { readonly kind: 'answered'; readonly ids: readonly string[] };

describe('a writer that is killed', function () {
  this.timeout(120_000);
  let database: TestDatabase;
  let ledger: Ledger;
  const accountIds = Array.from({ length: 6 }, newId);

  before(async () => {
    database = await createLedgerDatabase();
    ledger = createLedger(database.pool);
    await ledger.createAccounts(accountIds.map((id) => ({ id, ledger: 1, code: 1 })));
  });
  after(() => database.drop());

  for (const lifeMs of [40, 90, 140, 200]) {
    it(`after ${lifeMs} ms of writing lost nothing it acknowledged and doubled nothing`, async () => {
      const { asked, answered } = await writeAndDie({ url: database.url, accountIds, lifeMs });
      ok(answered.size > 0, 'it died before its first answer');
      await sessionsEnd(database);
      const found = await ledger.lookupTransfers([...answered]);
      equal(found.length, answered.size);
      await assertBooksAgree(database.pool);
      // Asking everything again is what a client does that lost an answer.
      const results = await ledger.createTransfers(asked);
      ok(results.every((one) => one.result === 'created' || one.result === 'exists'));
      equal((await ledger.lookupTransfers(asked.map((row) => row.id))).length, asked.length);
      await assertBooksAgree(database.pool);
      await assertEndsAgree(database.pool);
    });
  }

  it('and connections that are cut leave every batch whole or undone', async () => {
    const batches = Array.from({ length: 60 }, () => makeRows(accountIds));
    const cutting = setInterval(() => {
      void database.pool
        .query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and query like '%create_transfers%'
             and pid <> pg_backend_pid()`,
        )
        .catch(() => undefined);
    }, 15);
    const outcomes = await Promise.allSettled(batches.map((rows) => ledger.createTransfers(rows)));
    clearInterval(cutting);
    await sessionsEnd(database);
    for (const [index, outcome] of outcomes.entries()) {
      const ids = (batches[index] ?? []).map((row) => row.id);
      const kept = (await ledger.lookupTransfers(ids)).length;
      if (outcome.status === 'fulfilled') equal(kept, ids.length);
      else ok(kept === 0 || kept === ids.length);
    }
    await assertBooksAgree(database.pool);
  });
});

function makeRows(accountIds: readonly string[]): readonly NewTransfer[] {
  return Array.from({ length: 50 }, (_, index) => ({
    id: newId(),
    debitAccountId: accountIds[index % 5] ?? '',
    creditAccountId: accountIds[5] ?? '',
    amount: 3n,
    ledger: 1,
    code: 1,
  }));
}

async function writeAndDie(run: {
  readonly url: string;
  readonly accountIds: readonly string[];
  readonly lifeMs: number;
}): Promise<{ asked: readonly NewTransfer[]; answered: ReadonlySet<string> }> {
  const child = fork(new URL('../crash-writer.ts', import.meta.url), [run.url, ...run.accountIds], {
    execArgv: ['--import=tsx'],
  });
  const asked: NewTransfer[] = [];
  const answered = new Set<string>();
  const started = new Promise<void>((resolve) => {
    child.on('message', (message: Message) => {
      if (message.kind === 'asking') {
        asked.push(
          ...message.rows.map((row) => ({ ...row, amount: BigInt(row.amount), ledger: 1, code: 1 })),
        );
        return;
      }
      for (const id of message.ids) answered.add(id);
      resolve();
    });
  });
  await started;
  await new Promise((resolve) => setTimeout(resolve, run.lifeMs));
  await kill(child);
  return { asked, answered };
}

function kill(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('close', () => resolve());
    child.kill('SIGKILL');
  });
}

/** PostgreSQL notices a dead client only when it next reads from it. */
async function sessionsEnd({ pool }: TestDatabase): Promise<void> {
  for (let wait = 0; wait < 200; wait += 1) {
    const { rows } = await pool.query<{ open: string }>(
      `select count(*) as open from pg_stat_activity
       where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()`,
    );
    if (rows[0]?.open === '0') return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  deepEqual('sessions of the dead process are still open', '');
}
