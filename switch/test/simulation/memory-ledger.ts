import {
  type Account,
  type AccountFlag,
  type Ledger,
  LedgerError,
  type NewAccount,
  type NewTransfer,
  type Queryable,
  type Transfer,
  type TransferFlag,
  type TransferResultCode,
} from '@barlink/ledger';
import type { Database } from '../../src/database/index.ts';
import { runStatement } from './memory-database.ts';
import type { MemoryEngine, MemoryTransaction } from './memory-engine.ts';

/** A ledger account in memory: four sums and one limit. */
interface AccountRow {
  readonly account: NewAccount;
  readonly debitsPending: bigint;
  readonly debitsPosted: bigint;
  readonly creditsPending: bigint;
  readonly creditsPosted: bigint;
}

/** A transfer as it was accepted; with the ids and the amount it really has. */
export interface TransferRow {
  readonly id: string;
  readonly debitAccountId: string;
  readonly creditAccountId: string;
  readonly amount: bigint;
  readonly pendingId: string | undefined;
  readonly code: number;
  readonly flags: readonly TransferFlag[];
}

/** The part of the ledger that payments and positions use, with the answers the real one gives. */
export function createMemoryLedger(
  database: Database,
): Pick<
  Ledger,
  'createAccounts' | 'createTransfers' | 'createAllTransfers' | 'lookupAccounts' | 'lookupTransfers'
> {
  return {
    createAccounts: (rows, within) =>
      runStatement(placeOf(within, database), 'ledger accounts', async (transaction, engine) => {
        const results = [];
        for (const account of rows) {
          const row: AccountRow = { account, ...nothing };
          const isNew = await engine.insert(transaction, 'accounts', account.id, row);
          results.push({ id: account.id, result: isNew ? ('created' as const) : ('exists' as const) });
        }
        return results;
      }),
    createTransfers: (rows, within) =>
      runStatement(placeOf(within, database), 'ledger transfers', async (transaction, engine) => {
        await lockAccounts(transaction, engine, rows);
        return rows.map((row) => {
          const result = decideTransfer(transaction, engine, row);
          if (passing.has(result)) {
            engine.put(transaction, 'failed transfers', row.id, result);
          }
          return { id: row.id, result };
        });
      }),
    createAllTransfers: (rows, within) =>
      runStatement(within as Database, 'ledger all transfers', async (transaction, engine) => {
        await lockAccounts(transaction, engine, rows);
        if (rows.some((row) => decideTransfer(transaction, engine, row) !== 'created')) {
          throw new LedgerError('LEDGER_NOT_ALL_CREATED', 'Not every row of the batch is plainly fine.');
        }
      }),
    lookupTransfers: (ids, within) =>
      runStatement(placeOf(within, database), 'ledger transfer look-up', async (transaction, engine) =>
        ids.flatMap((id) => {
          const row = findTransfer(transaction, engine, id);
          return row === undefined ? [] : [toTransfer(row)];
        }),
      ),
    lookupAccounts: (ids, within) =>
      runStatement(placeOf(within, database), 'ledger look-up', async (transaction, engine) =>
        ids.flatMap((id) => {
          const row = engine.get(transaction, 'accounts', id) as AccountRow | undefined;
          return row === undefined ? [] : [toAccount(row)];
        }),
      ),
  };
}

const nothing = { debitsPending: 0n, debitsPosted: 0n, creditsPending: 0n, creditsPosted: 0n };
const passing: ReadonlySet<TransferResultCode> = new Set([
  'exceeds_credits',
  'debit_account_not_found',
  'credit_account_not_found',
  'pending_transfer_not_found',
]);

function placeOf(within: Queryable | undefined, database: Database) {
  return (within ?? database) as Database;
}

/** In the order of their ids, and the ids of the transfers too: as the real ledger does. */
async function lockAccounts(
  transaction: MemoryTransaction,
  engine: MemoryEngine,
  rows: readonly NewTransfer[],
): Promise<void> {
  const names = rows.flatMap((row) => {
    const pending = findTransfer(transaction, engine, row.pendingId);
    const { debitAccountId = pending?.debitAccountId, creditAccountId = pending?.creditAccountId } = row;
    return [`account ${debitAccountId}`, `account ${creditAccountId}`, `transfer ${row.id}`];
  });
  for (const name of [...new Set(names)].sort()) {
    await engine.lock(transaction, name);
  }
}

function decideTransfer(
  transaction: MemoryTransaction,
  engine: MemoryEngine,
  row: NewTransfer,
): TransferResultCode {
  if (findTransfer(transaction, engine, row.id) !== undefined) {
    return 'exists';
  }
  if (engine.get(transaction, 'failed transfers', row.id) !== undefined) {
    return 'id_already_failed';
  }
  const isPost = has(row, 'post_pending_transfer');
  if (isPost || has(row, 'void_pending_transfer')) {
    return endPending(transaction, engine, row);
  }
  const debit = engine.get(transaction, 'accounts', row.debitAccountId ?? '') as AccountRow | undefined;
  if (debit === undefined) {
    return 'debit_account_not_found';
  }
  const credit = engine.get(transaction, 'accounts', row.creditAccountId ?? '') as AccountRow | undefined;
  if (credit === undefined) {
    return 'credit_account_not_found';
  }
  const room = debit.creditsPosted - debit.debitsPending - debit.debitsPosted;
  const wanted = row.amount ?? 0n;
  const balanced = room < 0n ? 0n : room < wanted ? room : wanted;
  const amount = has(row, 'balancing_debit') ? balanced : wanted;
  const limited: AccountFlag = 'debits_must_not_exceed_credits';
  const isLimited = debit.account.flags?.includes(limited) === true;
  if (isLimited && debit.debitsPending + debit.debitsPosted + amount > debit.creditsPosted) {
    return 'exceeds_credits';
  }
  const side = has(row, 'pending') ? 'Pending' : 'Posted';
  change(transaction, engine, debit.account.id, { [`debits${side}`]: amount });
  change(transaction, engine, credit.account.id, { [`credits${side}`]: amount });
  keep(transaction, engine, row, { debit, credit, amount });
  return 'created';
}

function endPending(
  transaction: MemoryTransaction,
  engine: MemoryEngine,
  row: NewTransfer,
): TransferResultCode {
  const pending = findTransfer(transaction, engine, row.pendingId);
  if (pending === undefined) {
    return 'pending_transfer_not_found';
  }
  const ended = engine.get(transaction, 'ended transfers', pending.id) as 'posted' | 'voided' | undefined;
  if (ended !== undefined) {
    return ended === 'posted' ? 'pending_transfer_already_posted' : 'pending_transfer_already_voided';
  }
  const isPost = has(row, 'post_pending_transfer');
  const posted = isPost ? (row.amount ?? pending.amount) : 0n;
  if (posted > pending.amount) {
    return 'exceeds_pending_transfer_amount';
  }
  const { amount, debitAccountId, creditAccountId } = pending;
  change(transaction, engine, debitAccountId, { debitsPending: -amount, debitsPosted: posted });
  change(transaction, engine, creditAccountId, { creditsPending: -amount, creditsPosted: posted });
  engine.put(transaction, 'ended transfers', pending.id, isPost ? 'posted' : 'voided');
  const debit = engine.get(transaction, 'accounts', debitAccountId) as AccountRow;
  const credit = engine.get(transaction, 'accounts', creditAccountId) as AccountRow;
  keep(transaction, engine, row, { debit, credit, amount: isPost ? posted : amount });
  return 'created';
}

function keep(
  transaction: MemoryTransaction,
  engine: MemoryEngine,
  row: NewTransfer,
  sides: { readonly debit: AccountRow; readonly credit: AccountRow; readonly amount: bigint },
): void {
  const kept: TransferRow = {
    id: row.id,
    debitAccountId: sides.debit.account.id,
    creditAccountId: sides.credit.account.id,
    amount: sides.amount,
    pendingId: row.pendingId,
    code: row.code ?? 0,
    flags: row.flags ?? [],
  };
  engine.put(transaction, 'transfers', row.id, kept);
}

function change(
  transaction: MemoryTransaction,
  engine: MemoryEngine,
  id: string,
  by: Partial<Record<keyof typeof nothing, bigint>>,
): void {
  const row = engine.get(transaction, 'accounts', id) as AccountRow;
  engine.put(transaction, 'accounts', id, {
    account: row.account,
    debitsPending: row.debitsPending + (by.debitsPending ?? 0n),
    debitsPosted: row.debitsPosted + (by.debitsPosted ?? 0n),
    creditsPending: row.creditsPending + (by.creditsPending ?? 0n),
    creditsPosted: row.creditsPosted + (by.creditsPosted ?? 0n),
  });
}

function findTransfer(
  transaction: MemoryTransaction,
  engine: MemoryEngine,
  id: string | undefined,
): TransferRow | undefined {
  return id === undefined ? undefined : (engine.get(transaction, 'transfers', id) as TransferRow | undefined);
}

function has(row: NewTransfer, flag: TransferFlag): boolean {
  return row.flags?.includes(flag) === true;
}

function toAccount({ account, ...balances }: AccountRow): Account {
  const { id, ledger, code, flags = [] } = account;
  const unused = { closed: false, userData128: '', userData64: 0n, userData32: 0, timestamp: 0n };
  return { id, ledger, code, flags, ...unused, ...balances };
}

function toTransfer({
  id,
  debitAccountId,
  creditAccountId,
  amount,
  pendingId,
  code,
  flags,
}: TransferRow): Transfer {
  const unused = {
    timeoutSeconds: 0,
    userData128: '',
    userData64: 0n,
    userData32: 0,
    timestamp: 0n,
    ledger: 0,
  };
  return { id, debitAccountId, creditAccountId, amount, pendingId, code, flags, ...unused };
}
