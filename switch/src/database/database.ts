import pg from 'pg';

/** Something SQL can be sent to: the pool, or the connection of an open transaction. */
export type Queryable = Pick<pg.ClientBase, 'query'>;

/** Connections to PostgreSQL. */
export interface Database extends Queryable {
  readonly pool: pg.Pool;
  /** Runs `work` in one transaction (READ COMMITTED); serialization failures and deadlocks run it again. */
  transaction<Result>(work: (connection: pg.PoolClient) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** Opens a pool. `onError` hears of idle connections that break. */
export function openDatabase(options: {
  readonly url: string;
  readonly connections: number;
  readonly onError: (error: Error) => void;
}): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.connections,
    connectionTimeoutMillis: 5000,
    keepAlive: true,
  });
  pool.on('error', options.onError);
  // The pool listens to idle connections only. One in use that breaks is noticed by its next query; without a
  // listener of its own it would end the process.
  pool.on('connect', (connection) => connection.on('error', () => undefined));
  return toDatabase(pool);
}

/** Transactions and queries on a pool. */
export function toDatabase(pool: pg.Pool): Database {
  return {
    pool,
    query: pool.query.bind(pool) as Queryable['query'],
    transaction: (work) => runTransaction(pool, work),
    close: () => pool.end(),
  };
}

const attemptsMax = 5;

async function runTransaction<Result>(
  pool: pg.Pool,
  work: (connection: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
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

async function runOnce<Result>(
  pool: pg.Pool,
  work: (connection: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  const connection = await pool.connect();
  let broken: Error | undefined;
  try {
    await connection.query('begin isolation level read committed');
    const result = await work(connection);
    await connection.query('commit');
    return result;
  } catch (error) {
    await connection.query('rollback').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    connection.release(broken);
  }
}

/** How pg says that a connection broke, was broken or could not be made; these errors have no code. */
const brokenConnection =
  /Connection terminated|connection error and is not queryable|timeout exceeded when trying/;

/**
 * True when the database could not be asked or the connection broke: what was sent may or may not have
 * happened.
 */
export function isDatabaseDown(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return (
    (typeof code === 'string' &&
      (/^(08|57P|53)/.test(code) || /^(ECONN|EPIPE|ETIMEDOUT|ENOENT)/.test(code))) ||
    (typeof message === 'string' && brokenConnection.test(message))
  );
}

/** serialization_failure and deadlock_detected: nothing has happened, the same work may run again. */
function isTransient(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return code === '40001' || code === '40P01';
}
