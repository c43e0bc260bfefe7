import { createHash, randomBytes } from 'node:crypto';
import { type Durability, listMigrationFiles, migrate } from '@barlink/postgres';
import pg from 'pg';
import { useTestServer } from './test-server.ts';

/** One folder of migrations, and the schema it makes. */
export interface MigrationSource {
  /** Folder of `0001-name.sql` files. */
  readonly folder: string | URL;
  readonly schema: string;
}

/** What a test database holds, and how it is kept. */
export interface TestDatabaseOptions {
  /** What the database holds from the start, applied in this order. */
  readonly migrations: readonly MigrationSource[];
  /** `relaxed` (default) runs without fsync; `full`, or BARLINK_TEST_DURABILITY=full, as in production. */
  readonly durability?: Durability;
}

/** A database of one test file's own. */
export interface TestDatabase {
  readonly pool: pg.Pool;
  readonly url: string;
  /** Closes the pool, removes the database and gives the server back. Call it in the file's `after`. */
  drop(): Promise<void>;
}

// Any fixed number, other than the lease lock's: processes build and copy templates one after the other. The
// lock goes with the connection that took it.
const TEMPLATE_LOCK = 0x74706c31;

let count = 0;

/**
 * Makes a migrated, empty database: a copy of a template that is migrated once and kept for later runs,
 * until a migration file changes. Needs no hook of the test runner: after the last `drop()` the server ends.
 *
 * @example
 * before(async () => {
 *   database = await createTestDatabase({ migrations: [{ folder, schema: 'ledger' }] });
 * });
 * after(() => database.drop());
 */
export async function createTestDatabase(options: TestDatabaseOptions): Promise<TestDatabase> {
  const server = await useTestServer(options.durability ?? readDurability());
  count += 1;
  const name = `test_${process.pid}_${count}_${randomBytes(4).toString('hex')}`;
  try {
    await withClient(server.url, async (client) => {
      if (server.isOurs && count === 1) await removeLeftovers(client);
      await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
      const template = await ensureTemplate({ client, url: server.url, migrations: options.migrations });
      await client.query(`create database ${name} template ${template}`);
    });
  } catch (error) {
    server.release();
    throw error;
  }
  const url = withDatabase(server.url, name);
  const pool = new pg.Pool({ connectionString: url });
  // Connections that `drop` cuts off report it; nobody is left to care.
  pool.on('error', () => undefined);
  let dropping: Promise<void> | undefined;
  const drop = async () => {
    if (!pool.ended && !pool.ending) await pool.end();
    await withClient(server.url, (client) => client.query(`drop database if exists ${name} with (force)`));
    server.release();
  };
  return {
    pool,
    url,
    drop: () => {
      dropping ??= drop();
      return dropping;
    },
  };
}

function readDurability(): Durability {
  return process.env.BARLINK_TEST_DURABILITY === 'full' ? 'full' : 'relaxed';
}

/** The template's name: what it holds, then a hash of the files it was made from. */
async function nameTemplate(migrations: readonly MigrationSource[]): Promise<{ kind: string; name: string }> {
  const kind = `template_${hashOf(migrations.map(({ schema }) => schema))}`;
  const contents = await Promise.all(
    migrations.map(async ({ folder, schema }) => {
      const files = await listMigrationFiles(folder);
      return [schema, files.map((file) => [file.name, file.sha256])];
    }),
  );
  return { kind, name: `${kind}_${hashOf(contents)}` };
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12);
}

async function ensureTemplate(job: {
  readonly client: pg.Client;
  readonly url: string;
  readonly migrations: readonly MigrationSource[];
}): Promise<string> {
  const { client, url, migrations } = job;
  const { kind, name } = await nameTemplate(migrations);
  const { rows } = await client.query<{ name: string }>(
    'select datname as name from pg_database where starts_with(datname, $1)',
    [kind],
  );
  if (rows.some((row) => row.name === name)) return name;
  // Made under another name first, so that a run that dies here leaves no half-made template.
  const draft = `draft_${name}`;
  await client.query(`drop database if exists ${draft} with (force)`);
  await client.query(`create database ${draft}`);
  const pool = new pg.Pool({ connectionString: withDatabase(url, draft) });
  try {
    for (const source of migrations) await migrate(pool, source);
  } finally {
    await pool.end();
  }
  await client.query(`alter database ${draft} rename to ${name}`);
  for (const older of rows) await client.query(`drop database if exists ${older.name} with (force)`);
  return name;
}

/** Removes databases of test processes that died before they could. */
async function removeLeftovers(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select datname as name from pg_database where datname ~ '^test_[0-9]+_'`,
  );
  for (const { name } of rows) {
    const processId = Number(name.split('_')[1]);
    if (!isAlive(processId)) await client.query(`drop database if exists ${name} with (force)`);
  }
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
