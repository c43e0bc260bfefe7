import { deepEqual, equal, rejects } from 'node:assert/strict';
import { createLedger, type Ledger, type LedgerError, type NewTransfer } from '../../src/index.ts';
import { createLedgerDatabase, newId, type TestDatabase } from '../database.ts';

describe('createTransfers within a transaction of the caller', () => {
  let database: TestDatabase;
  let ledger: Ledger;
  const payer = newId();
  const payee = newId();
  const transfer = (more: Partial<NewTransfer> = {}): NewTransfer => ({
    id: newId(),
    debitAccountId: payer,
    creditAccountId: payee,
    amount: 10n,
    ledger: 156,
    code: 1,
    ...more,
  });

  before(async () => {
    database = await createLedgerDatabase();
    ledger = createLedger(database.pool);
    await ledger.createAccounts([
      { id: payer, ledger: 156, code: 1 },
      { id: payee, ledger: 156, code: 1 },
    ]);
  });
  after(() => database.drop());

  async function balances() {
    const [one] = await ledger.lookupAccounts([payer]);
    return [one?.debitsPending, one?.debitsPosted];
  }

  it('takes effect with the commit, and not with a rollback', async () => {
    const client = await database.pool.connect();
    await client.query('begin');
    const results = await ledger.createTransfers([transfer({ flags: ['pending'] }), transfer()], client);
    deepEqual(
      results.map((one) => one.result),
      ['created', 'created'],
    );
    deepEqual(await balances(), [0n, 0n]);
    await client.query('rollback');
    deepEqual(await balances(), [0n, 0n]);
    await client.query('begin');
    const reserve = transfer({ flags: ['pending'] });
    await ledger.createTransfers([reserve], client);
    await ledger.createTransfers(
      [{ id: newId(), pendingId: reserve.id, amount: 4n, flags: ['post_pending_transfer'] }],
      client,
    );
    await client.query('commit');
    client.release();
    deepEqual(await balances(), [0n, 4n]);
  });

  it('sends one statement when every row is plainly fine', async () => {
    const client = await database.pool.connect();
    await client.query('begin');
    let statements = 0;
    const counted = {
      query: (...sent: unknown[]) => {
        statements += 1;
        return Reflect.apply(client.query, client, sent);
      },
    } as unknown as typeof client;
    await ledger.createTransfers([transfer(), transfer({ flags: ['pending'] })], counted);
    equal(statements, 1);
    await client.query('rollback');
    client.release();
  });

  it('sees what was committed while it waited for the accounts', async () => {
    const first = await database.pool.connect();
    const second = await database.pool.connect();
    const same = transfer();
    await first.query('begin');
    await second.query('begin');
    await ledger.createTransfers([same], first);
    const waiting = ledger.createTransfers([same], second);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await first.query('commit');
    deepEqual(
      (await waiting).map((one) => one.result),
      ['exists'],
    );
    await second.query('commit');
    first.release();
    second.release();
  });

  /** The transfers and a commit right behind them; what the ledger said and what the commit came to. */
  async function createAllAndCommit(rows: readonly NewTransfer[]) {
    const client = await database.pool.connect();
    await client.query('begin');
    const created = ledger.createAllTransfers(rows, client).then(
      () => 'created',
      ({ code }: LedgerError) => code,
    );
    const { command } = await client.query('commit');
    client.release();
    return [await created, command];
  }

  it('creates all of them under a commit that was sent behind them, or rolls back', async () => {
    const twice = transfer();
    const before = await balances();
    deepEqual(await createAllAndCommit([transfer(), transfer({ flags: ['pending'] })]), [
      'created',
      'COMMIT',
    ]);
    const after = [(before[0] ?? 0n) + 10n, (before[1] ?? 0n) + 10n];
    deepEqual(await balances(), after);
    const unknown = transfer({ creditAccountId: newId() });
    for (const [rows, code] of [
      [[transfer(), unknown], 'LEDGER_NOT_ALL_CREATED'],
      [[twice, twice], 'LEDGER_NOT_ALL_CREATED'],
      [[transfer(), transfer({ amount: -1n })], 'LEDGER_AMOUNT_OUT_OF_RANGE'],
    ] as const) {
      deepEqual(await createAllAndCommit(rows), [code, 'ROLLBACK']);
      deepEqual(await balances(), after);
    }
  });

  it('refuses a transaction that would not see it', async () => {
    const client = await database.pool.connect();
    await client.query('begin isolation level repeatable read');
    await rejects(ledger.createTransfers([transfer()], client), { code: 'LEDGER_ISOLATION_UNSUPPORTED' });
    await client.query('rollback');
    client.release();
  });
});
