import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../src/index.ts';

describe('createTestDatabase', () => {
  let folder: string;
  const databases: TestDatabase[] = [];

  const create = async () => {
    const database = await createTestDatabase({ migrations: [{ folder, schema: 'shop' }] });
    databases.push(database);
    return database;
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'barlink migrations '));
    await writeFile(join(folder, '0001-fruit.sql'), 'create table fruit (name text primary key);');
  });

  after(async () => {
    await Promise.all(databases.map((database) => database.drop()));
    await rm(folder, { recursive: true });
  });

  it('gives every caller a migrated database of its own', async () => {
    const [first, second] = await Promise.all([create(), create()]);
    await first.pool.query(`insert into shop.fruit values ('pear')`);
    const { rows } = await second.pool.query('select name from shop.fruit');
    assert.deepEqual(rows, []);
    assert.notEqual(first.url, second.url);
  });

  it('migrates again when a migration file changed', async () => {
    await writeFile(join(folder, '0002-price.sql'), 'alter table fruit add price_minor bigint;');
    const { pool } = await create();
    const { rows } = await pool.query('select name, price_minor from shop.fruit');
    assert.deepEqual(rows, []);
  });

  it('removes the database when dropped, even while somebody is connected', async () => {
    const database = await create();
    const left = new pg.Client({ connectionString: database.url });
    left.on('error', () => undefined);
    await left.connect();
    await database.drop();
    await database.drop();
    await assert.rejects(new pg.Client({ connectionString: database.url }).connect(), { code: '3D000' });
  });
});
