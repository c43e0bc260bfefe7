import type pg from 'pg';
import type { Account, AccountResult, NewAccount } from './account.ts';
import { createAccounts, createTransfers } from './create.ts';
import { encodePlain } from './encode-plain.ts';
import { createGroup } from './group.ts';
import { retryContended } from './retry.ts';
import { parseAccount, parseId, parseTransfer } from './rows.ts';
import {
  createAllPlainTransfers,
  createPartitions,
  expireTransfers,
  findAccounts,
  findTransfers,
  type Queryable,
} from './store.ts';
import type { NewTransfer, Transfer, TransferResult, TransferRow } from './transfer.ts';

/** A double-entry ledger in the schema `ledger` of one PostgreSQL database. */
export interface Ledger {
  /**
   * Creates accounts, answering each row by itself (save for `linked` chains).
   *
   * With `within`, a connection inside a transaction of the caller's (READ COMMITTED), the effects commit
   * with that transaction; otherwise they are durable when the promise resolves.
   * @throws LedgerError when a row is one no ledger could hold; then no row was looked at.
   */
  createAccounts(rows: readonly NewAccount[], within?: Queryable): Promise<readonly AccountResult[]>;
  /**
   * Creates transfers, answering each row by itself (save for `linked` chains). The same id with the same
   * content is answered `exists` and moves nothing again, so after a lost answer simply ask again.
   *
   * With `within`, a connection inside a transaction of the caller's (READ COMMITTED), the effects commit
   * with that transaction, and the accounts stay locked until it ends. Otherwise calls made while a batch
   * commits go together in the next one, and the effects are durable when the promise resolves.
   * @throws LedgerError when a row is one no ledger could hold; then no row was looked at.
   */
  createTransfers(rows: readonly NewTransfer[], within?: Queryable): Promise<readonly TransferResult[]>;
  /**
   * Creates all these transfers in a transaction of the caller's, or makes it fail. It sends its statement
   * before it returns, so a commit may be sent right behind it: when not every row could be created the
   * server makes a rollback of it. So the accounts stay locked for no longer than the server needs.
   *
   * It also fails where `createTransfers` would have to look at the rows one by one, as close to a limit;
   * ask that one then.
   * @throws LedgerError `LEDGER_NOT_ALL_CREATED`, or when a row is one no ledger could hold
   */
  createAllTransfers(rows: readonly NewTransfer[], within: Queryable): Promise<void>;
  /** The accounts that exist among `ids`, in the order of `ids`. */
  lookupAccounts(ids: readonly string[], within?: Queryable): Promise<readonly Account[]>;
  /** The transfers that exist among `ids`, in the order of `ids`. */
  lookupTransfers(ids: readonly string[], within?: Queryable): Promise<readonly Transfer[]>;
  /**
   * Releases what pending transfers past their timeout still reserve. Run it every second or so; several at
   * once share the work.
   * @returns the ids that expired.
   */
  expirePending(options?: { readonly rowsMax?: number }): Promise<readonly string[]>;
  /**
   * Makes the tables for the coming days, starting today; run it daily. Rows of a day without its own table
   * go to a default one, which is correct but not for ever fast.
   * @returns the names of the tables made.
   */
  preparePartitions(options?: { readonly days?: number }): Promise<readonly string[]>;
}

/** Settings of a ledger. */
export interface LedgerOptions {
  /** The clock; it stamps rows and decides what has expired. */
  readonly now?: () => Date;
  /** The most rows that separate calls are gathered into one batch; a single call may be larger. 1,000. */
  readonly batchRowsMax?: number;
  /** How many batches may be under way at once. 2: while one commits, the next waits for its locks. */
  readonly batchesMax?: number;
}

/**
 * A ledger on a pool whose database was migrated with `ledgerMigrations`.
 *
 * @example
 * const ledger = createLedger(pool);
 * const [answer] = await ledger.createTransfers([
 *   { id, debitAccountId, creditAccountId, amount: 1250n, ledger: 156, code: 1 },
 * ]);
 * if (answer?.result === 'created') console.log('posted');
 */
export function createLedger(pool: pg.Pool, options: LedgerOptions = {}): Ledger {
  const now = options.now ?? (() => new Date());
  const nowNs = () => BigInt(now().getTime()) * 1_000_000n;
  const group = createGroup<TransferRow, TransferResult>({
    rowsMax: options.batchRowsMax ?? 1000,
    batchesMax: options.batchesMax ?? 2,
    commit: (calls) => transact(pool, (client) => createTransfers(client, calls, nowNs())),
  });
  return {
    async createAccounts(rows, within) {
      const parsed = rows.map(parseAccount);
      if (within !== undefined) return createAccounts(within, parsed, nowNs());
      return transact(pool, (client) => createAccounts(client, parsed, nowNs()));
    },
    async createTransfers(rows, within) {
      const parsed = rows.map(parseTransfer);
      if (parsed.length === 0) return [];
      if (within === undefined) return group.add(parsed);
      const [results] = await createTransfers(within, [parsed], nowNs());
      return results ?? [];
    },
    async createAllTransfers(rows, within) {
      let parameters: readonly unknown[] | undefined;
      let refusal: unknown;
      try {
        parameters = encodePlain(rows.map(parseTransfer), nowNs());
      } catch (error) {
        // The transaction must fail all the same: a commit may be on its way already.
        refusal = error;
      }
      await createAllPlainTransfers(within, parameters).catch((error: unknown) => {
        throw refusal ?? error;
      });
    },
    async lookupAccounts(ids, within) {
      return findAccounts(
        within ?? pool,
        ids.map((id, index) => parseId(id, index, 'id')),
      );
    },
    async lookupTransfers(ids, within) {
      return findTransfers(
        within ?? pool,
        ids.map((id, index) => parseId(id, index, 'id')),
      );
    },
    async expirePending({ rowsMax = 1000 } = {}) {
      const expiredIds: string[] = [];
      for (;;) {
        const due = { now: nowNs(), rowsMax };
        const ended = await transact(pool, (client) => expireTransfers(client, due));
        expiredIds.push(...ended.expiredIds);
        if (ended.taken < rowsMax) return expiredIds;
      }
    },
    preparePartitions({ days = 8 } = {}) {
      return createPartitions(pool, { from: now().toISOString().slice(0, 10), count: days });
    },
  };
}

async function transact<Result>(
  pool: pg.Pool,
  work: (client: Queryable) => Promise<Result>,
): Promise<Result> {
  return retryContended(async () => {
    const client = await pool.connect();
    let failure: Error | undefined;
    // A connection that breaks while it is ours tells nobody else; unheard, that would end the process.
    const onError = (error: Error) => {
      failure = error;
    };
    client.on('error', onError);
    try {
      await client.query('begin isolation level read committed');
      const result = await work(client);
      await client.query('commit');
      return result;
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      throw error;
    } finally {
      client.off('error', onError);
      // A connection that failed is closed, which also rolls back.
      client.release(failure);
    }
  });
}
