import { deepEqual, ok } from 'node:assert/strict';
import { createLedger, type Ledger, type NewTransfer, type TransferResult } from '../../src/index.ts';
import { assertBooksAgree, assertEndsAgree } from '../books.ts';
import { createLedgerDatabase, type TestDatabase } from '../database.ts';
import { emptyLedger } from '../play.ts';
import { createDice, createTransferSource, diceId } from '../random.ts';

const now = () => new Date('2026-01-01T00:00:00Z');
const accountIds = Array.from({ length: 12 }, (_, index) => diceId(0xffff0000 + index));

describe('a batch at once and row by row', function () {
  this.timeout(120_000);
  let batched: TestDatabase;
  let single: TestDatabase;
  before(async () => {
    batched = await createLedgerDatabase();
    single = await createLedgerDatabase();
  });
  after(() => Promise.all([batched.drop(), single.drop()]));
  beforeEach(() => Promise.all([emptyLedger(batched), emptyLedger(single)]));

  for (const { seed, funds, name } of [
    { seed: 1, funds: 1_000_000n, name: 'funds for everything' },
    { seed: 2, funds: 3000n, name: 'limits that bind now and then' },
    { seed: 3, funds: 200n, name: 'payers at their limit' },
    { seed: 4, funds: 0n, name: 'no funds but what is earned' },
  ]) {
    it(`give the same results and balances over 2,400 random transfers: ${name}`, async () => {
      const pair = [createLedger(batched.pool, { now }), createLedger(single.pool, { now })] as const;
      for (const ledger of pair) await open(ledger, funds);
      const dice = createDice(seed);
      const source = createTransferSource(dice, accountIds);
      const counts = new Map<string, number>();
      for (let made = 0; made < 2400; ) {
        const rows = source(1 + dice(60));
        made += rows.length;
        const [together, apart] = await Promise.all([pair[0].createTransfers(rows), byChain(pair[1], rows)]);
        deepEqual(together, apart);
        for (const { result } of together) counts.set(result, (counts.get(result) ?? 0) + 1);
      }
      deepEqual(await balances(pair[0]), await balances(pair[1]));
      await assertBooksAgree(batched.pool);
      await assertEndsAgree(batched.pool);
      ok((counts.get('created') ?? 0) > 200, 'most of it was refused');
      ok(counts.size > 8, 'the mix was too tame');
    });
  }

  it('give the same results and balances over 3,000 plain transfers posted set-based', async () => {
    const pair = [createLedger(batched.pool, { now }), createLedger(single.pool, { now })] as const;
    for (const ledger of pair) await open(ledger, 10n ** 30n);
    const dice = createDice(5);
    let pendings: string[] = [];
    let statements = 0;
    for (let batch = 0; batch < 15; batch += 1) {
      const rows = plainRows({ dice, batch, pendings });
      pendings = rows.filter((row) => row.flags?.[0] === 'pending').map((row) => row.id);
      statements += await withinOne(batched, pair[0], rows);
      ok((await byChain(pair[1], rows)).every((one) => one.result === 'created'));
    }
    ok(statements === 15, `${statements} statements for 15 batches`);
    deepEqual(await balances(pair[0]), await balances(pair[1]));
    await assertBooksAgree(batched.pool);
    await assertEndsAgree(batched.pool);
  });
});

async function open(ledger: Ledger, funds: bigint): Promise<void> {
  await ledger.createAccounts(
    accountIds.map((id, index) => ({
      id,
      ledger: 1,
      code: 1,
      flags:
        index < 6
          ? ['debits_must_not_exceed_credits']
          : index === 7
            ? ['credits_must_not_exceed_debits']
            : [],
    })),
  );
  await ledger.createTransfers(
    accountIds.slice(0, 6).map((creditAccountId, index) => ({
      id: diceId(0xfffe0000 + index),
      debitAccountId: accountIds[11] ?? '',
      creditAccountId,
      amount: funds,
      ledger: 1,
      code: 1,
    })),
  );
}

/** One call a row; only the rows of a chain go together. */
async function byChain(ledger: Ledger, rows: readonly NewTransfer[]): Promise<readonly TransferResult[]> {
  const results: TransferResult[] = [];
  let chain: NewTransfer[] = [];
  for (const row of rows) {
    chain.push(row);
    if (row.flags?.includes('linked')) continue;
    results.push(...(await ledger.createTransfers(chain)));
    chain = [];
  }
  return results;
}

async function balances(ledger: Ledger) {
  const accounts = await ledger.lookupAccounts(accountIds);
  return accounts.map(({ timestamp: _, ...account }) => account);
}

function plainRows(batch: {
  readonly dice: ReturnType<typeof createDice>;
  readonly batch: number;
  readonly pendings: readonly string[];
}): readonly NewTransfer[] {
  const { dice } = batch;
  const from = batch.batch * 1000;
  const rows: NewTransfer[] = batch.pendings.map((pendingId, index) => ({
    id: diceId(from + 500 + index),
    pendingId,
    flags: dice(4) === 0 ? ['void_pending_transfer'] : ['post_pending_transfer'],
    userData32: dice(3),
  }));
  for (let index = 0; index < 150; index += 1) {
    const debit = dice(7);
    rows.push({
      id: diceId(from + index),
      debitAccountId: accountIds[debit] ?? '',
      creditAccountId: accountIds[(debit + 1 + dice(5)) % 7] ?? '',
      amount: BigInt(dice(1000)),
      ledger: 1,
      code: 1,
      flags: dice(3) === 0 ? ['pending'] : [],
      userData64: BigInt(dice(2)),
    });
  }
  return rows;
}

/** Creates the rows in a transaction of ours. @returns how many statements that took. */
async function withinOne(
  { pool }: TestDatabase,
  ledger: Ledger,
  rows: readonly NewTransfer[],
): Promise<number> {
  const client = await pool.connect();
  let statements = 0;
  const counted = {
    query: (...sent: unknown[]) => {
      statements += 1;
      return Reflect.apply(client.query, client, sent);
    },
  } as unknown as typeof client;
  await client.query('begin');
  const results = await ledger.createTransfers(rows, counted);
  await client.query('commit');
  client.release();
  ok(results.every((one) => one.result === 'created'));
  return statements;
}
