import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { SERVER_NAME } from './cluster.ts';
import { findErrorCode, PostgresError } from './errors.ts';

// Any fixed number: all processes that use one server share this lock while they use it.
const LEASE_LOCK = 0x6261726c;
// Not up yet, going down, cut off while going down, no listener: look again.
const PASSING_CODES = new Set(['57P03', '57P01', '57P02', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE']);

/**
 * One process's stake in a running server: a connection that holds a shared lock. It ends with the process,
 * however that ends, so nothing stale can be left, and the last holder is the one who may stop the server.
 */
export interface Lease {
  readonly port: number;
  /** True when the server was started without fsync. */
  readonly isRelaxed: boolean;
  /** Gives the stake back. Returns true when nobody else holds one; from then on no new holder gets in. */
  release(): Promise<boolean>;
  /** Closes the connection. */
  close(): Promise<void>;
}

export interface LeaseOptions {
  readonly port: number;
  readonly password: string;
}

/**
 * Takes a stake; undefined when the server does not take part right now (it starts, stops or has just gone).
 *
 * @throws POSTGRES_PASSWORD_MISMATCH when the kept password is not this server's.
 */
export async function takeLease(options: LeaseOptions): Promise<Lease | undefined> {
  const socket = new Socket();
  const client = new pg.Client({
    stream: () => socket,
    host: '127.0.0.1',
    port: options.port,
    user: SERVER_NAME,
    password: options.password,
    database: 'postgres',
    ssl: false,
    application_name: 'barlink lease',
    connectionTimeoutMillis: 10_000,
  });
  // A server that goes away is noticed by those who use it; an unheard error event would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    // Waits while the last holder stops the server; the wait then ends in 57P01.
    await client.query('select pg_advisory_lock_shared($1)', [LEASE_LOCK]);
    const { rows } = await client.query<{ fsync: string }>(`select current_setting('fsync') as fsync`);
    await ensureDatabase(client);
    // A stake alone is no reason to keep a process going.
    socket.unref();
    return { port: options.port, isRelaxed: rows[0]?.fsync === 'off', ...buildRelease(client, socket) };
  } catch (error) {
    await closeQuietly(client);
    if (isPassing(error)) return undefined;
    if (findErrorCode(error) === '28P01' || findErrorCode(error) === '28000') {
      throw new PostgresError(
        'POSTGRES_PASSWORD_MISMATCH',
        `The server on port ${options.port} does not accept the password kept beside its data`,
        { cause: error },
      );
    }
    throw error;
  }
}

function buildRelease(client: pg.Client, socket: Socket): Pick<Lease, 'release' | 'close'> {
  return {
    release: async () => {
      socket.ref();
      try {
        await client.query('select pg_advisory_unlock_shared($1)', [LEASE_LOCK]);
        const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [
          LEASE_LOCK,
        ]);
        return rows[0]?.taken === true;
      } catch {
        // The connection is gone, and with it either the server or this process's stake in it.
        return false;
      }
    },
    close: () => {
      socket.ref();
      return closeQuietly(client);
    },
  };
}

async function ensureDatabase(client: pg.Client): Promise<void> {
  const found = await client.query('select from pg_database where datname = $1', [SERVER_NAME]);
  if (found.rowCount === 1) return;
  try {
    await client.query(`create database ${SERVER_NAME}`);
  } catch (error) {
    // Two holders at once: the other one made it.
    if (!['42P04', '23505', '55006'].includes(findErrorCode(error) ?? '')) throw error;
    await sleep(50);
    await ensureDatabase(client);
  }
}

function isPassing(error: unknown): boolean {
  if (PASSING_CODES.has(findErrorCode(error) ?? '')) return true;
  return (
    error instanceof Error && /connection terminated|timeout expired|timeout exceeded/i.test(error.message)
  );
}

/** Ends a connection that may already be broken. */
export async function closeQuietly(client: pg.Client): Promise<void> {
  await Promise.race([client.end().catch(() => undefined), sleep(2000, undefined, { ref: false })]);
}
