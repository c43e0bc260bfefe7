import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ledgerMigrations } from '@barlink/ledger';
import { migrate } from '@barlink/postgres';
import { createTestDatabase } from '@barlink/testing';
import { createAuditStore } from '../../src/audit/index.ts';
import { createLogMessage } from '../support/log-fixture.ts';

const folder = fileURLToPath(new URL('../../migrations/', import.meta.url));
const log = '0010-log.sql';

describe('the migration that makes the log', () => {
  it('makes leaves of what was there before, as of what comes after', async () => {
    const before = await mkdtemp(join(tmpdir(), 'barlink-migrations-'));
    const database = await createTestDatabase({
      migrations: [{ folder: ledgerMigrations, schema: 'ledger' }],
    });
    try {
      for (const name of (await readdir(folder)).filter((file) => file < log)) {
        await cp(join(folder, name), join(before, name));
      }
      await migrate(database.pool, { folder: before, schema: 'public' });
      const store = createAuditStore();
      const write = (counts: readonly number[]) =>
        store.record(
          database.pool,
          counts.map((count) => ({ message: createLogMessage(count), subject: 'thing' })),
        );
      await write([1, 2]);
      await migrate(database.pool, { folder, schema: 'public' });
      await write([3]);

      const { rows } = await database.pool.query<{ fits: boolean; transactions: number }>(
        `select bool_and(l.hash = sha256('\\x00'::bytea || l.salt || convert_to(r.record, 'UTF8'))) as fits,
          count(distinct l.transaction)::int as transactions
        from log_leaves l join log_records r using (kind, ref, part)`,
      );
      assert.deepEqual(rows, [{ fits: true, transactions: 2 }]);
      const { rows: counts } = await database.pool.query(
        'select (select count(*)::int from log_leaves) as leaves, (select count(*)::int from messages) as messages',
      );
      assert.deepEqual(counts, [{ leaves: 3, messages: 3 }]);
    } finally {
      await database.drop();
      await rm(before, { recursive: true });
    }
  });
});
