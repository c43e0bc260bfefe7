import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { formatUuid7 } from '@barlink/protocol';
import pg from 'pg';
import { ledgerMigrations } from '../src/index.ts';

const adminUrl = process.env.DATABASE_URL ?? 'postgresql://root@localhost/postgres?host=/var/run/postgresql';

export interface TestDatabase {
  readonly url: string;
  readonly pool: pg.Pool;
  drop(): Promise<void>;
}

/** A database of its own with the ledger's migrations applied. */
export async function createLedgerDatabase(): Promise<TestDatabase> {
  const name = `ledger_test_${randomBytes(6).toString('hex')}`;
  await onServer(`create database ${name}`);
  const url = adminUrl.replace('/postgres', `/${name}`);
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  for (const file of (await readdir(ledgerMigrations)).sort()) {
    await pool.query(await readFile(new URL(file, ledgerMigrations), 'utf8'));
  }
  return {
    url,
    pool,
    async drop() {
      await pool.end();
      await onServer(`drop database ${name} with (force)`);
    },
  };
}

/** A new UUIDv7 of this moment. */
export function newId(): string {
  return formatUuid7(Date.now(), randomBytes(10));
}

async function onServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
