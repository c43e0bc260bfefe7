import { deepEqual, equal, ok } from 'node:assert/strict';
import pg from 'pg';
import { createLedger, type Ledger, type NewTransfer, type TransferResult } from '../../src/index.ts';
import { assertBooksAgree, assertEndsAgree } from '../books.ts';
import { createLedgerDatabase, newId, type TestDatabase } from '../database.ts';
import { createDice } from '../random.ts';

describe('several writers at once', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  const pools: pg.Pool[] = [];
  let writers: readonly Ledger[];
  const accountIds = Array.from({ length: 8 }, newId);
  const source = newId();

  before(async () => {
    database = await createLedgerDatabase();
    for (let count = 0; count < 4; count += 1) {
      pools.push(new pg.Pool({ connectionString: database.url, max: 4 }));
    }
    writers = pools.map((pool) => createLedger(pool));
    const limited = ['debits_must_not_exceed_credits'] as const;
    await first().createAccounts([
      { id: source, ledger: 1, code: 1 },
      ...accountIds.map((id) => ({ id, ledger: 1, code: 1, flags: limited })),
    ]);
  });
  after(async () => {
    await Promise.all(pools.map((pool) => pool.end()));
    await database.drop();
  });

  function first(): Ledger {
    const [ledger] = writers;
    if (ledger === undefined) throw new Error('no writer');
    return ledger;
  }

  function transfer(
    debitAccountId: string,
    creditAccountId: string,
    more: Partial<NewTransfer> = {},
  ): NewTransfer {
    return { id: newId(), debitAccountId, creditAccountId, amount: 1n, ledger: 1, code: 1, ...more };
  }

  it('never pass a limit and never lose or double a transfer', async () => {
    await first().createTransfers(accountIds.map((id) => transfer(source, id, { amount: 500n })));
    const created = await Promise.all(
      writers.map(async (ledger, index) => {
        const dice = createDice(index);
        let count = 0;
        for (let call = 0; call < 40; call += 1) {
          const rows = Array.from({ length: 1 + dice(40) }, () => {
            const debit = dice(8);
            const credit = (debit + 1 + dice(7)) % 8;
            return transfer(accountIds[debit] ?? '', accountIds[credit] ?? '', {
              amount: BigInt(dice(200)),
              flags: dice(3) === 0 ? ['pending'] : [],
            });
          });
          const results = await ledger.createTransfers(rows);
          const ends = rows.filter(
            (row, at) => row.flags?.[0] === 'pending' && results[at]?.result === 'created',
          );
          await ledger.createTransfers(
            ends.map(({ id }) => ({ id: newId(), pendingId: id, flags: ['post_pending_transfer'] })),
          );
          count += results.filter((one) => one.result === 'created').length;
        }
        return count;
      }),
    );
    ok(created.every((count) => count > 50));
    await assertBooksAgree(database.pool);
    await assertEndsAgree(database.pool);
  });

  it('create the same transfers once when all send them at once', async () => {
    await first().createTransfers(accountIds.map((id) => transfer(source, id, { amount: 500n })));
    for (let round = 0; round < 20; round += 1) {
      // Each writer uses other accounts for the same id, so that the locks do not hold them apart.
      const ids = Array.from({ length: 20 }, newId);
      const answers = await Promise.all(
        writers.map((ledger, index) =>
          ledger.createTransfers(
            ids.map((id) =>
              transfer(accountIds[index * 2] ?? '', accountIds[index * 2 + 1] ?? '', { id, amount: 0n }),
            ),
          ),
        ),
      );
      for (let at = 0; at < ids.length; at += 1) {
        const codes = answers.map((answer) => answer[at]?.result).sort();
        deepEqual(codes, ['created', ...Array(3).fill('exists_with_different_debit_account_id')]);
      }
    }
    await assertBooksAgree(database.pool);
  });

  it('end a pending transfer once when all send its end at once', async () => {
    for (let round = 0; round < 20; round += 1) {
      const reserve = transfer(source, accountIds[0] ?? '', { flags: ['pending'] });
      await first().createTransfers([reserve]);
      const answers = await Promise.all(
        writers.map((ledger, index) =>
          ledger.createTransfers([
            {
              id: newId(),
              pendingId: reserve.id,
              flags: [index % 2 === 0 ? 'post_pending_transfer' : 'void_pending_transfer'],
            },
          ]),
        ),
      );
      equal(answers.filter(([one]) => one?.result === 'created').length, 1);
    }
    await assertBooksAgree(database.pool);
    await assertEndsAgree(database.pool);
  });

  it('post a pending transfer that another writer commits while the post waits', async () => {
    const [one, two] = writers;
    if (one === undefined || two === undefined) throw new Error('no writers');
    const client = await database.pool.connect();
    for (let round = 0; round < 10; round += 1) {
      const [a, b] = [accountIds[1] ?? '', accountIds[2] ?? ''];
      const reserve = transfer(source, a, { flags: ['pending'], amount: 3n });
      await client.query('begin');
      await one.createTransfers([reserve], client);
      // The second row makes the batch wait for the account that the first transaction holds.
      const waiting: Promise<readonly TransferResult[]> = two.createTransfers([
        { id: newId(), pendingId: reserve.id, flags: ['post_pending_transfer'] },
        transfer(source, b, { amount: 2n }),
      ]);
      await new Promise((resolve) => setTimeout(resolve, 20));
      await client.query('commit');
      const [post, plain] = await waiting;
      ok(post?.result === 'created' || post?.result === 'pending_transfer_not_found');
      equal(plain?.result, 'created');
      await assertBooksAgree(database.pool);
    }
    client.release();
    await assertEndsAgree(database.pool);
  });

  it('create the same accounts once', async () => {
    for (let round = 0; round < 10; round += 1) {
      const rows = Array.from({ length: 10 }, () => ({ id: newId(), ledger: 1, code: 1 }));
      const answers = await Promise.all(writers.map((ledger) => ledger.createAccounts(rows)));
      for (let at = 0; at < rows.length; at += 1) {
        equal(answers.filter((answer) => answer[at]?.result === 'created').length, 1);
        equal(answers.filter((answer) => answer[at]?.result === 'exists').length, 3);
      }
    }
  });
});
