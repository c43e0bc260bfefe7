import type pg from 'pg';
import { type Database, type Queryable, toDatabase } from '../../src/database/index.ts';
import { databaseError, type MemoryEngine, type MemoryTransaction } from './memory-engine.ts';

/** What may happen between a process and its database; by default nothing does. */
export interface DatabaseWire {
  /** Before a statement arrives; rejects when the connection breaks and the statement is lost. */
  out(what: string): Promise<void>;
  /** Before its answer arrives; rejects when the connection breaks although the statement was run. */
  back(what: string): Promise<void>;
}

/** A database in memory, as one process sees it. */
export interface MemoryDatabase {
  readonly database: Database;
  /** Its connections break, what they had not committed is gone. */
  breakConnections(): void;
  /** The process died: its connections break, and it makes no more. */
  end(): void;
}

/** A statement of a store: it sees and writes through one transaction. */
export type Statement<Result> = (transaction: MemoryTransaction, engine: MemoryEngine) => Promise<Result>;

type Session = <Result>(what: string, statement: Statement<Result>) => Promise<Result>;
const sessions = new WeakMap<object, Session>();

/** Runs a statement on a connection, in its transaction, or on the database, in one of its own. */
export function runStatement<Result>(
  queryable: Queryable,
  what: string,
  statement: Statement<Result>,
): Promise<Result> {
  const session = sessions.get(queryable);
  if (session === undefined) {
    throw new Error('this connection does not belong to a database in memory');
  }
  return session(what, statement);
}

const calmWire: DatabaseWire = { out: async () => undefined, back: async () => undefined };

/** A database of one process over a shared engine. Transactions are run by the switch's own code. */
export function createMemoryDatabase(options: {
  readonly engine: MemoryEngine;
  readonly connectionsMax: number;
  readonly wire?: DatabaseWire;
}): MemoryDatabase {
  const { engine, connectionsMax, wire = calmWire } = options;
  const open = new Set<MemoryTransaction>();
  const waiting: (() => void)[] = [];
  let connected = 0;
  let isOver = false;

  async function run<Result>(
    what: string,
    transaction: MemoryTransaction,
    work: () => Result | Promise<Result>,
  ): Promise<Result> {
    try {
      await wire.out(what);
      const result = await work();
      await wire.back(what);
      return result;
    } catch (error) {
      // A broken connection takes its transaction with it; so does PostgreSQL after an error.
      close(transaction);
      throw error;
    }
  }

  /** What still runs of a process that is over begins nothing. */
  function assertLives(): void {
    if (isOver) {
      throw databaseError('08006', 'Connection terminated');
    }
  }

  function close(transaction: MemoryTransaction): void {
    open.delete(transaction);
    if (!transaction.isOver) {
      engine.rollback(transaction);
    }
  }

  async function connect(): Promise<pg.PoolClient> {
    if (connected >= connectionsMax) {
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    connected += 1;
    let transaction: MemoryTransaction | undefined;
    // Statements sent one behind the other are run in this order; after an error none is run any more.
    let last: Promise<unknown> = Promise.resolve();
    let failure: unknown;
    const client = {
      async query(text: string): Promise<{ readonly command: string }> {
        if (text.startsWith('begin')) {
          await wire.out(text);
          assertLives();
          transaction = engine.begin();
          open.add(transaction);
          return { command: 'BEGIN' };
        }
        const current = transaction;
        if (current === undefined) {
          throw databaseError('08006', 'Connection terminated');
        }
        if (text === 'commit') {
          // Behind what was sent before it; of a transaction that failed the server makes a rollback.
          await last;
          if (isRefusal(failure)) {
            close(current);
            return { command: 'ROLLBACK' };
          }
          await run(text, current, () => engine.commit(current));
        }
        close(current);
        return { command: text.toUpperCase() };
      },
      on: () => undefined,
      off: () => undefined,
      removeListener: () => undefined,
      release(broken?: Error) {
        // A connection that is given up ends its transaction, without a word from either side.
        if (broken !== undefined && transaction !== undefined) {
          close(transaction);
        }
        connected -= 1;
        waiting.shift()?.();
      },
    };
    sessions.set(client, (what, statement) => {
      const current = transaction;
      if (current === undefined) {
        return Promise.reject(databaseError('08006', 'Connection terminated'));
      }
      const answer = last.then(() => {
        if (current.isOver) {
          throw isRefusal(failure)
            ? databaseError('25P02', 'current transaction is aborted')
            : databaseError('08006', 'Connection terminated');
        }
        return run(what, current, () => statement(current, engine));
      });
      last = answer.catch((error: unknown) => {
        failure ??= error;
      });
      return answer;
    });
    return client as unknown as pg.PoolClient;
  }

  const database = toDatabase({
    connect,
    query: () => Promise.reject(new Error('a database in memory knows no SQL')),
    end: async () => undefined,
  } as unknown as pg.Pool);
  sessions.set(database, async (what, statement) => {
    assertLives();
    const transaction = engine.begin();
    open.add(transaction);
    const result = await run(what, transaction, async () => {
      const found = await statement(transaction, engine);
      engine.commit(transaction);
      return found;
    });
    close(transaction);
    return result;
  });
  return {
    database,
    end() {
      isOver = true;
      this.breakConnections();
    },
    breakConnections() {
      for (const transaction of [...open]) {
        close(transaction);
      }
    },
  };
}

/** A database that answered with an error, not a connection that broke or a process that died. */
function isRefusal(error: unknown): boolean {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' && !code.startsWith('08');
}
