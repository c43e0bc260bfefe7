import { equal, rejects } from 'node:assert/strict';
import pg from 'pg';
import {
  createLedger,
  LedgerError,
  type NewAccount,
  type NewTransfer,
  type Queryable,
} from '../../src/index.ts';

const id = '019abf00-0000-7000-8000-000000000001';
const other = '019abf00-0000-7000-8000-000000000002';
const transfer: NewTransfer = {
  id,
  debitAccountId: id,
  creditAccountId: other,
  amount: 1n,
  ledger: 1,
  code: 1,
};
const account: NewAccount = { id, ledger: 1, code: 1 };

describe('a row no ledger could hold', () => {
  // Never connected to: what is tested here is refused before the database is asked.
  const ledger = createLedger(new pg.Pool());

  const refusals: readonly (readonly [string, Partial<Record<keyof NewTransfer, unknown>>, string])[] = [
    ['LEDGER_ID_MALFORMED', { id: 'no-uuid' }, '/0/id'],
    ['LEDGER_ID_MALFORMED', { debitAccountId: `${id}0` }, '/0/debitAccountId'],
    ['LEDGER_ID_MALFORMED', { pendingId: '' }, '/0/pendingId'],
    ['LEDGER_AMOUNT_OUT_OF_RANGE', { amount: -1n }, '/0/amount'],
    ['LEDGER_AMOUNT_OUT_OF_RANGE', { amount: 1n << 128n }, '/0/amount'],
    ['LEDGER_AMOUNT_OUT_OF_RANGE', { amount: 5 }, '/0/amount'],
    ['LEDGER_NUMBER_OUT_OF_RANGE', { ledger: 1.5 }, '/0/ledger'],
    ['LEDGER_NUMBER_OUT_OF_RANGE', { code: -1 }, '/0/code'],
    ['LEDGER_NUMBER_OUT_OF_RANGE', { userData64: 1n << 64n }, '/0/userData64'],
    ['LEDGER_NUMBER_OUT_OF_RANGE', { userData32: 2 ** 32 }, '/0/userData32'],
    ['LEDGER_TIMEOUT_OUT_OF_RANGE', { timeoutSeconds: 0.5 }, '/0/timeoutSeconds'],
  ];
  for (const [code, change, path] of refusals) {
    it(`is refused with ${code} at ${path}: ${Object.values(change).map(String)}`, async () => {
      const row = { ...transfer, ...change } as NewTransfer;
      await rejects(ledger.createTransfers([row]), { name: 'LedgerError', code, path });
    });
  }

  it('is refused among accounts too', async () => {
    const row = { ...account, ledger: 2 ** 31 };
    await rejects(ledger.createAccounts([account, row]), (error: unknown) => {
      return error instanceof LedgerError && error.path === '/1/ledger';
    });
  });

  it('is not one whose id is in capitals: that is the same id', async () => {
    let sent: unknown;
    const within = {
      query: async (query: { values: unknown[] }) => {
        sent = query.values[3];
        return { rows: [{ state: null }] };
      },
    } as unknown as Queryable;
    await ledger.createTransfers([{ ...transfer, id: id.toUpperCase() }], within);
    equal((sent as Buffer).subarray(24, 40).toString('hex'), id.replaceAll('-', ''));
  });
});

describe('a batch whose ids other writers keep using', () => {
  it('is given up with LEDGER_CONTENDED', async () => {
    const state = { accounts: [], transfers: [], outcomes: [], failed: [] };
    const within = { query: async () => ({ rows: [{ state, written: false }] }) } as unknown as Queryable;
    await rejects(createLedger(new pg.Pool()).createTransfers([transfer], within), {
      code: 'LEDGER_CONTENDED',
    });
  });
});
