import { basename } from 'node:path';
import { type MigrationBuilder, runner } from 'node-pg-migrate';
import type pg from 'pg';
import { PostgresError } from './errors.ts';
import { folderPath, listMigrationFiles, type MigrationFile } from './migration-files.ts';

/** What to apply, and where. */
export interface MigrateOptions {
  /** Folder of `0001-name.sql` files. */
  readonly folder: string | URL;
  /** Schema the files' unqualified names mean; created when missing. It also records what was applied. */
  readonly schema: string;
}

interface AppliedMigration {
  readonly name: string;
  readonly sha256: string | null;
}

const RECORD_TABLE = 'migrations';
const HASH_TABLE = 'migration_hashes';

/**
 * Brings a schema up to the last file of the folder. Each file runs once, in its own transaction, which also
 * records its hash. Several processes may call this at once: under an advisory lock one works, others wait.
 *
 * @returns the names of the files applied by this call, in order; empty when there was nothing to do.
 * @throws MIGRATION_CHANGED or MIGRATION_MISSING when an applied file differs from its record or is gone,
 *   MIGRATION_ORDER_INVALID and MIGRATION_NAME_INVALID for wrong names, MIGRATION_FAILED (with the database's
 *   error as its cause) when a file does not run; what was applied before it stays.
 */
export async function migrate(pool: pg.Pool, options: MigrateOptions): Promise<readonly string[]> {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(options.schema)) {
    throw new PostgresError('MIGRATION_NAME_INVALID', `"${options.schema}" is no lower-case schema name`);
  }
  const files = await listMigrationFiles(options.folder);
  const client = await pool.connect();
  try {
    assertUnchanged(await listApplied(client, options.schema), files);
    const applied = await applyNew(client, options, files);
    // Somebody else may have held the lock meanwhile, with other files than these.
    assertUnchanged(await listApplied(client, options.schema), files);
    return applied;
  } finally {
    // The run changed this connection's search_path, so it must not go back into the pool.
    client.release(true);
  }
}

async function applyNew(
  client: pg.PoolClient,
  options: MigrateOptions,
  files: readonly MigrationFile[],
): Promise<readonly string[]> {
  const { schema } = options;
  const hashes = `"${schema}"."${HASH_TABLE}"`;
  const bySource = new Map(files.map((file) => [file.name, file]));
  let current = '';
  const loadOne = (path: string) => {
    const file = bySource.get(basename(path, '.sql'));
    if (file === undefined) throw new PostgresError('MIGRATION_ORDER_INVALID', `${path} appeared just now`);
    const { name, sql, sha256 } = file;
    // The hash is written in the same transaction as the change it vouches for. Names and schemas were
    // checked to be plain words, so they can stand in the text.
    const up = (builder: MigrationBuilder) => {
      current = name;
      builder.sql(sql);
      builder.sql(`create table if not exists ${hashes} (name text primary key, sha256 text not null)`);
      builder.sql(`insert into ${hashes} (name, sha256) values ('${name}', '${sha256}')`);
    };
    return { id: path, filePaths: [path], actions: { up, down: false as const } };
  };
  try {
    const run = await runner({
      dbClient: client,
      dir: folderPath(options.folder),
      ignorePattern: '(?!.*\\.sql$).*',
      direction: 'up',
      schema,
      createSchema: true,
      migrationsSchema: schema,
      migrationsTable: RECORD_TABLE,
      advisoryLockMode: 'wait',
      migrationLoaderStrategies: [{ extensions: ['.sql'], loader: async (paths) => paths.map(loadOne) }],
      logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    });
    return run.map((migration) => migration.name);
  } catch (error) {
    if (error instanceof PostgresError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const what = current === '' ? `The migrations in ${folderPath(options.folder)}` : `Migration ${current}`;
    throw new PostgresError('MIGRATION_FAILED', `${what} failed: ${reason}`, { cause: error });
  }
}

async function listApplied(client: pg.PoolClient, schema: string): Promise<readonly AppliedMigration[]> {
  const { rows } = await client.query<{ ready: boolean }>(
    'select to_regclass($1) is not null and to_regclass($2) is not null as ready',
    [`"${schema}"."${RECORD_TABLE}"`, `"${schema}"."${HASH_TABLE}"`],
  );
  if (rows[0]?.ready !== true) return [];
  const applied = await client.query<AppliedMigration>(
    `select m.name, h.sha256 from "${schema}"."${RECORD_TABLE}" m
       left join "${schema}"."${HASH_TABLE}" h on h.name = m.name
      order by m.name`,
  );
  return applied.rows;
}

/** What was applied must be the first files of the folder, unchanged: a merged migration is frozen. */
function assertUnchanged(applied: readonly AppliedMigration[], files: readonly MigrationFile[]): void {
  for (const [index, { name, sha256 }] of applied.entries()) {
    const file = files.find((candidate) => candidate.name === name);
    if (file === undefined) {
      throw new PostgresError(
        'MIGRATION_MISSING',
        `${name} was applied to this database, but its file is gone: start the release that brought it`,
      );
    }
    if (file.sha256 !== sha256) {
      throw new PostgresError(
        'MIGRATION_CHANGED',
        `${name}.sql changed after it was applied: put it back and write a new migration instead`,
      );
    }
    if (files[index]?.name !== name) {
      throw new PostgresError(
        'MIGRATION_ORDER_INVALID',
        `${files[index]?.name} comes before ${name}, applied earlier`,
      );
    }
  }
}
