import { deepEqual, equal } from 'node:assert/strict';
import {
  type AccountFlag,
  createLedger,
  type Ledger,
  type NewAccount,
  type NewTransfer,
  type TransferFlag,
} from '../src/index.ts';
import type { TestDatabase } from './database.ts';

export type Action = Readonly<Record<string, unknown>> & { readonly op: string };
/** A table of actions with their expected answers; our own cases have the form of the published ones. */
export interface Case {
  readonly name: string;
  readonly core: boolean;
  readonly actions: readonly Action[];
}

/** Removes every row, which only a superuser who switches the triggers off can do. */
export async function emptyLedger({ pool }: TestDatabase): Promise<void> {
  await pool.query(`set session_replication_role = replica;
    truncate ledger.accounts, ledger.transfers, ledger.outcomes, ledger.failed_transfers, ledger.expiries;
    set session_replication_role = default`);
}

/** The clock counts in milliseconds where the cases count in nanoseconds. */
class Clock {
  ns = 1_000_000n;

  tick(value: bigint, unit: string): void {
    if (value < 0n) this.ns = 9223372036854775807n + value * 1_000_000_000n;
    else this.ns += value * (unit === 'seconds' ? 1_000_000_000n : 1_000_000n);
  }

  now = () => new Date(Number(this.ns / 1_000_000n));
}

/** Does what the case says on an empty ledger and compares every answer. */
export async function play(database: TestDatabase, actions: readonly Action[]): Promise<void> {
  const clock = new Clock();
  const ledger = createLedger(database.pool, { now: clock.now });
  let rows: Action[] = [];
  for (const action of actions) {
    if (action.op === 'setup') await setBalances(database, action);
    else if (action.op === 'tick') {
      clock.tick(BigInt(String(action.value)), String(action.unit));
      await ledger.expirePending();
    } else if (action.op !== 'commit') rows.push(action);
    else {
      await commit(ledger, String(action.operation), rows);
      rows = [];
      clock.tick(1n, 'nanoseconds');
    }
  }
}

async function commit(ledger: Ledger, operation: string, rows: readonly Action[]): Promise<void> {
  if (operation === 'create_accounts') {
    const answers = await ledger.createAccounts(rows.map(readAccount));
    deepEqual(
      answers.map((one) => one.result),
      rows.map((row) => row.expect),
    );
  } else if (operation === 'create_transfers') {
    const answers = await ledger.createTransfers(rows.map(readTransfer));
    deepEqual(
      answers.map((one) => one.result),
      rows.map((row) => row.expect),
    );
  } else if (operation === 'lookup_accounts') {
    for (const row of rows) await checkAccount(ledger, row);
  } else {
    for (const row of rows) await checkTransfer(ledger, row);
  }
}

async function checkAccount(ledger: Ledger, row: Action): Promise<void> {
  const [account] = await ledger.lookupAccounts([uuid(row.id)]);
  deepEqual(
    account === undefined
      ? null
      : {
          debits_pending: String(account.debitsPending),
          debits_posted: String(account.debitsPosted),
          credits_pending: String(account.creditsPending),
          credits_posted: String(account.creditsPosted),
          closed: account.closed,
        },
    row.expect,
    `account ${row.id}`,
  );
}

async function checkTransfer(ledger: Ledger, row: Action): Promise<void> {
  const expected = row.expect as { exists?: boolean; amount?: string; timestamp?: string };
  const [transfer] = await ledger.lookupTransfers([uuid(row.id)]);
  equal(transfer !== undefined, expected.exists ?? true, `transfer ${row.id}`);
  if (expected.amount !== undefined) equal(String(transfer?.amount), expected.amount);
  if (expected.timestamp !== undefined) equal(transfer?.timestamp, BigInt(expected.timestamp) * 1_000_000n);
}

async function setBalances({ pool }: TestDatabase, action: Action): Promise<void> {
  await pool.query(
    `update ledger.accounts set debits_pending = $2, debits_posted = $3, credits_pending = $4,
       credits_posted = $5 where id = $1`,
    [
      uuid(action.account),
      action.debits_pending,
      action.debits_posted,
      action.credits_pending,
      action.credits_posted,
    ],
  );
}

function readAccount(row: Action): NewAccount {
  const account = {
    id: uuid(row.id),
    ledger: Number(row.ledger),
    code: Number(row.code),
    flags: readFlags(row) as AccountFlag[],
    debitsPending: BigInt(String(row.debits_pending)),
    debitsPosted: BigInt(String(row.debits_posted)),
    creditsPending: BigInt(String(row.credits_pending)),
    creditsPosted: BigInt(String(row.credits_posted)),
    ...readUserData(row),
    timestamp: readTimestamp(row),
  };
  return row.reserved === undefined ? account : { ...account, ...{ reserved: row.reserved } };
}

function readTransfer(row: Action): NewTransfer {
  return {
    id: uuid(row.id),
    debitAccountId: uuid(row.debit_account_id),
    creditAccountId: uuid(row.credit_account_id),
    ...(row.amount === undefined ? {} : { amount: BigInt(String(row.amount)) }),
    pendingId: uuid(row.pending_id ?? 0),
    timeoutSeconds: Number(row.timeout ?? 0),
    ledger: Number(row.ledger),
    code: Number(row.code),
    flags: readFlags(row) as TransferFlag[],
    ...readUserData(row),
    timestamp: readTimestamp(row),
  };
}

function readFlags(row: Action): readonly string[] {
  return [...(row.flags as string[]), ...(row.flags_padding === undefined ? [] : ['padding'])];
}

function readUserData(row: Action) {
  return {
    userData128: uuid(row.user_data_128 ?? 0),
    userData64: BigInt(String(row.user_data_64 ?? 0)),
    userData32: Number(row.user_data_32 ?? 0),
  };
}

function readTimestamp(row: Action): bigint {
  const value = BigInt(String(row.timestamp ?? 0));
  return value < 1000n ? value * 1_000_000n : value;
}

function uuid(number: unknown): string {
  const hex = BigInt(String(number)).toString(16).padStart(32, '0');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
