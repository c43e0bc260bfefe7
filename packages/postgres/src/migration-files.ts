import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PostgresError } from './errors.ts';

/** One migration as it lies in its folder. */
export interface MigrationFile {
  /** File name without its ending: `0001-participants`. */
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the text, in hexadecimal, with line ends counted as LF on every system. */
  readonly sha256: string;
}

const NAME_PATTERN = /^(\d{4})-[a-z0-9]+(?:-[a-z0-9]+)*\.sql$/;

/** The folder as a path: callers often hold it as `new URL('../migrations/', import.meta.url)`. */
export function folderPath(folder: string | URL): string {
  return folder instanceof URL ? fileURLToPath(folder) : folder;
}

/**
 * Lists the migrations of a folder in their order.
 *
 * @throws MIGRATION_NAME_INVALID for a .sql file that is not named `0001-kebab-case.sql`;
 *   MIGRATION_ORDER_INVALID when the numbers do not run 1, 2, 3 without gap or repetition.
 */
export async function listMigrationFiles(folder: string | URL): Promise<readonly MigrationFile[]> {
  const path = folderPath(folder);
  const names = (await readdir(path)).filter((name) => name.endsWith('.sql')).toSorted();
  for (const [index, name] of names.entries()) {
    const digits = NAME_PATTERN.exec(name)?.[1];
    if (digits === undefined) {
      throw new PostgresError(
        'MIGRATION_NAME_INVALID',
        `${join(path, name)} is not named like 0001-some-words.sql`,
      );
    }
    if (Number(digits) !== index + 1) {
      const expected = String(index + 1).padStart(4, '0');
      throw new PostgresError(
        'MIGRATION_ORDER_INVALID',
        `${join(path, name)} stands where number ${expected} is due: numbers run from 0001, each once`,
      );
    }
  }
  return Promise.all(names.map((name) => readMigration(path, name)));
}

async function readMigration(path: string, name: string): Promise<MigrationFile> {
  const sql = (await readFile(join(path, name), 'utf8')).replaceAll('\r\n', '\n');
  return { name: name.slice(0, -'.sql'.length), sql, sha256: createHash('sha256').update(sql).digest('hex') };
}
