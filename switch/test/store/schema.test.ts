import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { createTestDatabase, type TestDatabase } from '@barlink/testing';
import { describeSchema } from '../support/describe-schema.ts';
import { switchMigrations } from '../support/start-switch.ts';

const file = new URL('../../schema.sql', import.meta.url);

describe('schema.sql', () => {
  let database: TestDatabase;
  before(async () => {
    database = await createTestDatabase({ migrations: switchMigrations });
  });
  after(() => database.drop());

  it('is what the migrations make (npm run schema writes it)', async () => {
    const schema = await describeSchema(database.pool);
    if (process.env.BARLINK_WRITE_SCHEMA !== undefined) {
      await writeFile(file, schema);
    }
    assert.equal(await readFile(file, 'utf8'), schema);
  });
});
