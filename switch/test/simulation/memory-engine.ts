/** A transaction of the stand-in: what it wrote and which locks it holds. */
export interface MemoryTransaction {
  readonly name: string;
  readonly startedAt: Date;
  readonly written: Map<string, Map<string, unknown>>;
  readonly locks: Set<string>;
  /** Tables it has begun to write to: from before its statement looked at anything, as in PostgreSQL. */
  readonly touched: Set<string>;
  waitsFor: string | undefined;
  isOver: boolean;
}

/**
 * What the stores need of PostgreSQL, in memory: transactions at READ COMMITTED that are seen whole after
 * their commit or not at all, locks that are held until the end and waited for in order, and deadlocks that
 * are found.
 */
export interface MemoryEngine {
  begin(): MemoryTransaction;
  commit(transaction: MemoryTransaction): void;
  rollback(transaction: MemoryTransaction): void;
  /** Takes a lock, waiting for whoever holds it. @throws what PostgreSQL throws: 40P01, 57P01 */
  lock(transaction: MemoryTransaction, name: string): Promise<void>;
  /** Takes a lock that is free; false when another transaction holds it. */
  tryLock(transaction: MemoryTransaction, name: string): boolean;
  /** The row as the transaction sees it: its own, else what is committed now. */
  get(transaction: MemoryTransaction, table: string, key: string): unknown;
  /** All rows it sees, in the order of their keys. */
  scan(transaction: MemoryTransaction, table: string): readonly unknown[];
  put(transaction: MemoryTransaction, table: string, key: string, row: unknown): void;
  remove(transaction: MemoryTransaction, table: string, key: string): void;
  /** Inserts unless the key is taken; waits for an open transaction that may take it. */
  insert(transaction: MemoryTransaction, table: string, key: string, row: unknown): Promise<boolean>;
  /** Says that a statement is about to write to a table. */
  touch(transaction: MemoryTransaction, table: string): void;
  /** Names of the open transactions, this one apart, that have touched one of the tables. */
  touching(transaction: MemoryTransaction, tables: readonly string[]): readonly string[];
  /** Starts of the transactions that are open. */
  openSince(): readonly Date[];
}

const removed = Symbol('removed');

interface Lock {
  owner: MemoryTransaction;
  readonly waiting: { readonly transaction: MemoryTransaction; readonly wake: (error?: Error) => void }[];
}

/** A row as a commit wrote it; `undefined` when it was removed. */
export interface CommittedRow {
  readonly table: string;
  readonly key: string;
  readonly row: unknown;
}

/** An empty engine. `onCommit` hears of every commit that wrote something, in order. */
export function createMemoryEngine(options: {
  readonly now: () => Date;
  readonly onCommit?: (rows: readonly CommittedRow[]) => void;
}): MemoryEngine {
  const tables = new Map<string, Map<string, unknown>>();
  const open = new Set<MemoryTransaction>();
  const locks = createLocks();
  let begun = 0;

  function end(transaction: MemoryTransaction): void {
    transaction.isOver = true;
    open.delete(transaction);
    locks.release(transaction);
  }

  const get: MemoryEngine['get'] = (transaction, table, key) => {
    const own = transaction.written.get(table)?.get(key);
    const row = own ?? tables.get(table)?.get(key);
    return row === removed ? undefined : row;
  };
  const put: MemoryEngine['put'] = (transaction, table, key, row) => {
    assertOpen(transaction);
    tableOf(transaction.written, table).set(key, row);
  };

  return {
    begin() {
      begun += 1;
      const transaction: MemoryTransaction = {
        name: `transaction ${begun}`,
        startedAt: options.now(),
        written: new Map(),
        locks: new Set(),
        touched: new Set(),
        waitsFor: undefined,
        isOver: false,
      };
      open.add(transaction);
      return transaction;
    },
    commit(transaction) {
      assertOpen(transaction);
      const written: CommittedRow[] = [];
      for (const [table, rows] of transaction.written) {
        for (const [key, row] of rows) {
          written.push({ table, key, row: row === removed ? undefined : row });
        }
      }
      for (const { table, key, row } of written) {
        if (row === undefined) {
          tableOf(tables, table).delete(key);
        } else {
          tableOf(tables, table).set(key, row);
        }
      }
      end(transaction);
      if (written.length > 0) {
        options.onCommit?.(written);
      }
    },
    rollback: end,
    lock: locks.take,
    tryLock: locks.tryTake,
    get,
    scan(transaction, table) {
      const keys = new Set([
        ...(tables.get(table)?.keys() ?? []),
        ...(transaction.written.get(table)?.keys() ?? []),
      ]);
      return [...keys].sort().flatMap((key) => get(transaction, table, key) ?? []);
    },
    put,
    remove: (transaction, table, key) => put(transaction, table, key, removed),
    async insert(transaction, table, key, row) {
      await locks.take(transaction, `${table} ${key}`);
      if (get(transaction, table, key) !== undefined) {
        return false;
      }
      put(transaction, table, key, row);
      return true;
    },
    touch(transaction, table) {
      assertOpen(transaction);
      transaction.touched.add(table);
    },
    touching: (transaction, names) =>
      [...open]
        .filter((other) => other !== transaction && names.some((name) => other.touched.has(name)))
        .map(({ name }) => name),
    openSince: () => [...open].map(({ startedAt }) => startedAt),
  };
}

function createLocks() {
  const locks = new Map<string, Lock>();

  /** True when waiting would close a circle of transactions that wait for each other. */
  function isDeadlock(transaction: MemoryTransaction, name: string): boolean {
    for (let at = locks.get(name)?.owner; at !== undefined; ) {
      if (at === transaction) {
        return true;
      }
      at = at.waitsFor === undefined ? undefined : locks.get(at.waitsFor)?.owner;
    }
    return false;
  }

  function pass(name: string, lock: Lock): void {
    const next = lock.waiting.shift();
    if (next === undefined) {
      locks.delete(name);
      return;
    }
    lock.owner = next.transaction;
    next.transaction.waitsFor = undefined;
    next.transaction.locks.add(name);
    next.wake();
  }

  function tryTake(transaction: MemoryTransaction, name: string): boolean {
    assertOpen(transaction);
    if (!locks.has(name)) {
      locks.set(name, { owner: transaction, waiting: [] });
      transaction.locks.add(name);
    }
    return locks.get(name)?.owner === transaction;
  }

  return {
    tryTake,
    async take(transaction: MemoryTransaction, name: string): Promise<void> {
      if (tryTake(transaction, name)) {
        return;
      }
      const lock = locks.get(name) as Lock;
      if (isDeadlock(transaction, name)) {
        throw databaseError('40P01', 'deadlock detected');
      }
      transaction.waitsFor = name;
      await new Promise<void>((resolve, reject) => {
        const wake = (error?: Error) => (error === undefined ? resolve() : reject(error));
        lock.waiting.push({ transaction, wake });
      });
    },
    release(transaction: MemoryTransaction): void {
      const waited = transaction.waitsFor;
      const queue = waited === undefined ? undefined : locks.get(waited)?.waiting;
      const at = queue?.findIndex((entry) => entry.transaction === transaction) ?? -1;
      queue?.splice(at, 1)[0]?.wake(databaseError('57P01', 'terminating connection'));
      for (const name of transaction.locks) {
        const lock = locks.get(name);
        if (lock !== undefined) {
          pass(name, lock);
        }
      }
      transaction.locks.clear();
    },
  };
}

function tableOf(tables: Map<string, Map<string, unknown>>, name: string): Map<string, unknown> {
  const table = tables.get(name) ?? new Map<string, unknown>();
  tables.set(name, table);
  return table;
}

function assertOpen(transaction: MemoryTransaction): void {
  if (transaction.isOver) {
    throw databaseError('57P01', 'Connection terminated');
  }
}

/** What an insert fails with whose key is taken. */
export function duplicateKey(): Error {
  return databaseError('23505', 'duplicate key value');
}

/** For an insert of rows of which each must be new. */
export function assertAllNew(isNew: readonly boolean[]): void {
  if (isNew.includes(false)) {
    throw duplicateKey();
  }
}

/** An error as the driver gives it, with PostgreSQL's code. */
export function databaseError(code: string, message: string): Error & { readonly code: string } {
  return Object.assign(new Error(message), { code });
}
