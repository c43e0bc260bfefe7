import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { gatherWrites } from './gather-writes.ts';
import { listHosts } from './hosts.ts';
import { createPrimaryFinder, type PrimaryFinder, readOnlyCode } from './primary.ts';

/** Something SQL can be sent to: the pool, or the connection of an open transaction. */
export type Queryable = Pick<pg.ClientBase, 'query'>;

/** Connections to PostgreSQL. */
export interface Database extends Queryable {
  readonly pool: pg.Pool;
  /**
   * Runs `work` in one transaction (READ COMMITTED); serialization failures and deadlocks run it again. It is
   * committed when the work is done, or before: `commitNow` sends the commit right behind what the work has
   * sent, which must have failed the transaction if it is not to stand.
   */
  transaction<Result>(work: Work<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** What is done in a transaction. `commitNow` resolves when the commit counts. */
export type Work<Result> = (connection: pg.PoolClient, commitNow: () => Promise<void>) => Promise<Result>;

/** A query that is not answered within this time is given up, with its connection. */
const defaultDeadlineMs = 5000;

/**
 * Opens a pool. `onError` hears of idle connections that break. A URL that names several hosts is served by
 * the one that takes writes, whichever that is (docs/failover.md).
 */
export function openDatabase(options: {
  readonly url: string;
  readonly connections: number;
  readonly onError: (error: Error) => void;
  /** How long a connection or a query may take; 0 for as long as it likes. */
  readonly deadlineMs?: number;
}): Database {
  const { connections, onError, deadlineMs = defaultDeadlineMs } = options;
  const finder = createPrimaryFinder(listHosts(options.url), {
    onFound: ({ name }) => onError(new Error(`the database is served by ${name} now`)),
  });
  class PrimaryClient extends pg.Client {
    constructor(config: pg.ClientConfig = {}) {
      const socket = finder.openSocket();
      super({ ...config, connectionString: finder.current.url, stream: () => socket });
      const gather = gatherWrites(socket);
      this.query = ((...input: unknown[]) => {
        gather();
        return Reflect.apply(pg.Client.prototype.query, this, input) as unknown;
      }) as typeof this.query;
    }
  }
  const settings = {
    Client: PrimaryClient,
    max: connections,
    // Kept: another one would cost its log-in and every plan anew, in the very moment that asks for it.
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: deadlineMs,
    // On this side: a server that cancels a commit itself may say it is done when no replica has it.
    query_timeout: deadlineMs,
    keepAlive: true,
    // Statements that do not need each other's results are sent one behind the other without waiting.
    pipeline: true,
    verify: (connection: pg.PoolClient, done: (error?: Error) => void) =>
      void finder.verify(connection).then(() => done(), done),
  };
  const pool = new pg.Pool(settings);
  pool.on('error', onError);
  // The pool listens to idle connections only. One in use that breaks is noticed by its next query; without a
  // listener of its own it would end the process.
  pool.on('connect', (connection) => connection.on('error', () => undefined));
  return toDatabase(pool, finder);
}

/** Transactions and queries on a pool. */
export function toDatabase(pool: pg.Pool, finder?: Pick<PrimaryFinder, 'suspect' | 'stop'>): Database {
  const note = (error: unknown) => {
    if (isDatabaseDown(error)) {
      finder?.suspect();
    }
    throw error;
  };
  const query = (...input: Parameters<pg.Pool['query']>) =>
    (pool.query(...input) as unknown as Promise<unknown>).catch(note);
  return {
    pool,
    query: (finder === undefined ? pool.query.bind(pool) : query) as Queryable['query'],
    transaction: (work) => runTransaction(pool, work).catch(note),
    async close() {
      finder?.stop();
      await pool.end();
    },
  };
}

/** Waits for a database that is starting or choosing its primary. @throws what it said last */
export async function untilAnswers(
  database: Database,
  options: { readonly withinMs: number },
): Promise<void> {
  const endsAt = performance.now() + options.withinMs;
  for (;;) {
    try {
      await database.query({ text: 'select 1' });
      return;
    } catch (error) {
      if (!isDatabaseDown(error) || performance.now() > endsAt) {
        throw error;
      }
      await sleep(250);
    }
  }
}

const attemptsMax = 5;

async function runTransaction<Result>(pool: pg.Pool, work: Work<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await runOnce(pool, work);
    } catch (error) {
      if (!isTransient(error) || attempt === attemptsMax) {
        throw error;
      }
    }
  }
}

async function runOnce<Result>(pool: pg.Pool, work: Work<Result>): Promise<Result> {
  const connection = await pool.connect();
  let broken: Error | undefined;
  let committed: Promise<void> | undefined;
  const commitNow = () => {
    committed ??= commit(connection);
    return committed;
  };
  try {
    // Waited for: were it cancelled, what is sent behind it would run outside a transaction.
    await connection.query('begin isolation level read committed');
    const result = await work(connection, commitNow);
    await (committed ?? commit(connection));
    return result;
  } catch (error) {
    // Sent behind what failed, it fails as well.
    committed?.catch(() => undefined);
    if (isDatabaseDown(error)) {
      // Nothing more can be said on this connection, and waiting for it would double the time.
      broken = error as Error;
    } else {
      await connection.query('rollback').catch((failure: Error) => {
        broken = failure;
      });
    }
    throw error;
  } finally {
    connection.release(broken);
  }
}

/**
 * A commit counts only when the server says so without reservation. Cancelled while it waits for its replica
 * it says COMMIT too, after a warning that the replica may not have it (docs/failover.md).
 */
async function commit(connection: pg.PoolClient): Promise<void> {
  let reservation: string | undefined;
  const onNotice = ({
    severity,
    message,
  }: {
    severity?: string | undefined;
    message?: string | undefined;
  }) => {
    reservation = severity === 'WARNING' ? message : reservation;
  };
  connection.on('notice', onNotice);
  try {
    const { command } = await connection.query('commit');
    if (command !== 'COMMIT' || reservation !== undefined) {
      throw new CommitDoubtful(reservation ?? `the server answered ${command} to commit`);
    }
  } finally {
    connection.off('notice', onNotice);
  }
}

/** What was sent may be lost again: it is treated as a broken connection. */
class CommitDoubtful extends Error {
  readonly code = '08007';
}

/** How pg says that a connection broke, hangs or could not be made; these errors have no code. */
const brokenConnection =
  /Connection terminated|connection error and is not queryable|timeout exceeded when|^Query read timeout$/;

/**
 * Connection exceptions; resources used up, the disk among them; stopped by an operator or starting up;
 * failures of the system below it. Of the server's own classes no other is a state that passes.
 */
const downClasses = /^(08|53|57P|58)/;

/**
 * True when the database could not be asked or the connection broke: what was sent may or may not have
 * happened.
 */
export function isDatabaseDown(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return (
    (typeof code === 'string' &&
      (downClasses.test(code) ||
        code === readOnlyCode ||
        /^(ECONN|EPIPE|ETIMEDOUT|ENOENT|EHOST|ENET|ENOTFOUND|EAI_)/.test(code))) ||
    (typeof message === 'string' && brokenConnection.test(message))
  );
}

/** serialization_failure and deadlock_detected: nothing has happened, the same work may run again. */
function isTransient(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return code === '40001' || code === '40P01';
}
