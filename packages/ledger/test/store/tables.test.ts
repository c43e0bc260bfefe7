import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { formatUuid7 } from '@barlink/protocol';
import { createLedger, type Ledger } from '../../src/index.ts';
import { createLedgerDatabase, newId, type TestDatabase } from '../database.ts';

describe('the tables', () => {
  let database: TestDatabase;
  let ledger: Ledger;
  const timeMs = Date.parse('2031-05-05T12:00:00Z');
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

  async function tableOf(id: string): Promise<string> {
    await ledger.createTransfers([
      { id, debitAccountId: payer, creditAccountId: payee, amount: 1n, ledger: 1, code: 1 },
    ]);
    const { rows } = await database.pool.query<{ name: string }>(
      'select tableoid::regclass::text as name from ledger.transfers where id = $1',
      [id],
    );
    return rows[0]?.name ?? '';
  }

  it('keep transfers by the day in their id', async () => {
    const made = await ledger.preparePartitions({ days: 2 });
    deepEqual(
      made.filter((name) => name.startsWith('transfers')),
      ['transfers_20310505', 'transfers_20310506'],
    );
    deepEqual(await ledger.preparePartitions({ days: 2 }), []);
    const random = new Uint8Array(10).fill(7);
    equal(
      await tableOf(formatUuid7(Date.parse('2031-05-05T00:00:00Z'), random)),
      'ledger.transfers_20310505',
    );
    equal(
      await tableOf(formatUuid7(Date.parse('2031-05-05T23:59:59.999Z'), random)),
      'ledger.transfers_20310505',
    );
    equal(
      await tableOf(formatUuid7(Date.parse('2031-05-06T00:00:00Z'), random)),
      'ledger.transfers_20310506',
    );
    equal(await tableOf('aaaaaaaa-1111-4111-8111-aaaaaaaaaaaa'), 'ledger.transfers_default');
  });

  it('leave a day alone whose rows already lie in the default table', async () => {
    equal(
      await tableOf(formatUuid7(Date.parse('2033-01-01T10:00:00Z'), new Uint8Array(10))),
      'ledger.transfers_default',
    );
    const later = createLedger(database.pool, { now: () => new Date('2033-01-01T00:00:00Z') });
    const made = await later.preparePartitions({ days: 1 });
    ok(!made.includes('transfers_20330101'));
    equal(
      await tableOf(formatUuid7(Date.parse('2033-01-01T11:00:00Z'), new Uint8Array(10))),
      'ledger.transfers_default',
    );
  });

  it('refuse to change, remove or empty what was written', async () => {
    for (const statement of [
      'update ledger.transfers set amount = amount + 1',
      'delete from ledger.transfers',
      'update ledger.transfers_default set amount = 0',
      'delete from ledger.transfers_20310505',
      'truncate ledger.transfers',
      'truncate ledger.transfers_20310505',
    ]) {
      await rejects(database.pool.query(statement), /LEDGER_APPEND_ONLY/, statement);
    }
  });

  it('refuse a balance past a limit even from a hand that knows SQL', async () => {
    const limited = newId();
    await ledger.createAccounts([
      { id: limited, ledger: 1, code: 1, flags: ['debits_must_not_exceed_credits'] },
    ]);
    await rejects(
      database.pool.query('update ledger.accounts set debits_pending = 1 where id = $1', [limited]),
      { code: '23514' },
    );
  });

  it('answer no new id from a whole scan: the plan of a batch touches the days of its ids only', async () => {
    const { rows } = await database.pool.query<{ 'QUERY PLAN': string }>(
      `explain select 1 from ledger.transfers
       where id = any('{01900000-0000-7000-8000-000000000001}'::uuid[])
         and id between '01900000-0000-7000-8000-000000000001' and '01900000-0000-7000-8000-000000000001'`,
    );
    equal(rows.filter((row) => row['QUERY PLAN'].includes('transfers_2')).length, 0);
  });
});
