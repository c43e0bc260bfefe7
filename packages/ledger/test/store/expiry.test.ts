import { deepEqual, equal } from 'node:assert/strict';
import { createLedger, type Ledger } from '../../src/index.ts';
import { assertBooksAgree, assertEndsAgree } from '../books.ts';
import { createLedgerDatabase, newId, type TestDatabase } from '../database.ts';

describe('expirePending', () => {
  let database: TestDatabase;
  let ledger: Ledger;
  let timeMs = Date.parse('2026-01-01T00:00:00Z');
  const payer = newId();
  const payee = newId();

  before(async () => {
    database = await createLedgerDatabase();
    ledger = createLedger(database.pool, { now: () => new Date(timeMs) });
    await ledger.createAccounts([
      { id: payer, ledger: 1, code: 1 },
      { id: payee, ledger: 1, code: 1 },
    ]);
  });
  after(() => database.drop());

  async function reserve(count: number, timeoutSeconds: number): Promise<readonly string[]> {
    const rows = Array.from({ length: count }, () => ({
      id: newId(),
      debitAccountId: payer,
      creditAccountId: payee,
      amount: 2n,
      ledger: 1,
      code: 1,
      timeoutSeconds,
      flags: ['pending'] as const,
    }));
    await ledger.createTransfers(rows);
    return rows.map((row) => row.id);
  }

  it('ends what is due, in as many rounds as it takes, and nothing else', async () => {
    const due = await reserve(25, 1);
    await reserve(5, 60);
    timeMs += 2000;
    deepEqual([...(await ledger.expirePending({ rowsMax: 10 }))].sort(), [...due].sort());
    equal((await ledger.lookupAccounts([payer]))[0]?.debitsPending, 10n);
    deepEqual(await ledger.expirePending(), []);
  });

  it('lets a post that comes first win, and refuses one that comes later', async () => {
    const [posted, late] = await reserve(2, 1);
    const end = (pendingId = '') => [{ id: newId(), pendingId, flags: ['post_pending_transfer'] as const }];
    equal((await ledger.createTransfers(end(posted)))[0]?.result, 'created');
    timeMs += 2000;
    // Past its time it is refused whether or not it was swept.
    equal((await ledger.createTransfers(end(late)))[0]?.result, 'pending_transfer_expired');
    deepEqual(await ledger.expirePending(), [late]);
    equal((await ledger.createTransfers(end(late)))[0]?.result, 'pending_transfer_expired');
    await assertBooksAgree(database.pool);
    await assertEndsAgree(database.pool);
  });

  it('shares the work among several at once, while posts go on', async () => {
    const ids = await reserve(300, 1);
    const posts = ids.slice(0, 100).map((pendingId) => ({
      id: newId(),
      pendingId,
      flags: ['post_pending_transfer'] as const,
    }));
    const others = [1, 2, 3].map(() => createLedger(database.pool, { now: () => new Date(timeMs + 2000) }));
    const [answers, ...expired] = await Promise.all([
      ledger.createTransfers(posts),
      ...others.map((other) => other.expirePending({ rowsMax: 20 })),
    ]);
    const wins = answers.filter((one) => one.result === 'created').length;
    equal(expired.flat().length + wins, 300);
    equal(new Set(expired.flat()).size, expired.flat().length);
    await assertBooksAgree(database.pool);
    await assertEndsAgree(database.pool);
  });
});
