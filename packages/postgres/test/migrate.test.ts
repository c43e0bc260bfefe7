import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { findPostgres, migrate, type RunningPostgres } from '../src/index.ts';

describe('migrate', function () {
  this.timeout(60_000);
  let dataFolder: string;
  let server: RunningPostgres;
  let pool: pg.Pool;
  let folder: string;
  let schema: string;
  let count = 0;

  const write = (name: string, sql: string) => writeFile(join(folder, name), sql);
  const run = () => migrate(pool, { folder, schema });
  const listNames = async (table: string) => {
    const { rows } = await pool.query<{ name: string }>(`select name from ${schema}.${table} order by name`);
    return rows.map((row) => row.name);
  };

  before(async () => {
    dataFolder = await mkdtemp(join(tmpdir(), 'barlink migrate data '));
    await chmod(dataFolder, 0o755);
    server = await findPostgres({ dataFolder, durability: 'relaxed' });
    pool = new pg.Pool({ connectionString: server.url });
  });

  after(async () => {
    await pool.end();
    await server.stop();
    await rm(dataFolder, { recursive: true });
  });

  beforeEach(async () => {
    count += 1;
    schema = `shop_${count}`;
    folder = await mkdtemp(join(tmpdir(), 'barlink migrate '));
    await write('0001-fruit.sql', 'create table fruit (name text primary key);\n-- the end');
    await write('0002-pears.sql', `insert into fruit values ('pear');\ninsert into fruit values ('quince')`);
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('applies each file once, in order, in its schema', async () => {
    assert.deepEqual(await run(), ['0001-fruit', '0002-pears']);
    assert.deepEqual(await run(), []);
    await write('0003-plums.sql', `insert into fruit values ('plum')`);
    assert.deepEqual(await run(), ['0003-plums']);
    assert.deepEqual(await listNames('fruit'), ['pear', 'plum', 'quince']);
  });

  it('takes the folder as a URL and leaves files of other kinds alone', async () => {
    await write('README.md', 'create table nonsense');
    await mkdir(join(folder, 'older'));
    const applied = await migrate(pool, { folder: pathToFileURL(folder), schema });
    assert.equal(applied.length, 2);
  });

  it('applies each file once when several processes start at once', async () => {
    const results = await Promise.all([run(), run(), run(), run()]);
    assert.deepEqual(results.flat(), ['0001-fruit', '0002-pears']);
  });

  it('undoes a file that fails as a whole, and keeps those before it', async () => {
    await write('0003-broken.sql', `insert into fruit values ('plum'); insert into fruit values ('pear');`);
    await assert.rejects(run(), (error: Error) => {
      assert.equal('code' in error && error.code, 'MIGRATION_FAILED');
      assert.match(error.message, /0003-broken.*duplicate key/);
      return true;
    });
    assert.deepEqual(await listNames('fruit'), ['pear', 'quince']);
    assert.deepEqual(await listNames('migration_hashes'), ['0001-fruit', '0002-pears']);
    await write('0003-broken.sql', `insert into fruit values ('plum')`);
    assert.deepEqual(await run(), ['0003-broken']);
  });

  it('refuses a file that changed after it was applied, before doing anything else', async () => {
    await run();
    await write('0001-fruit.sql', 'create table fruit (name text primary key, price_minor bigint);');
    await write('0003-plums.sql', `insert into fruit values ('plum')`);
    await assert.rejects(run(), { code: 'MIGRATION_CHANGED' });
    assert.deepEqual(await listNames('fruit'), ['pear', 'quince']);
  });

  it('takes other line ends for no change', async () => {
    await run();
    await write('0001-fruit.sql', 'create table fruit (name text primary key);\r\n-- the end');
    assert.deepEqual(await run(), []);
  });

  it('refuses a database whose applied file is gone or has another name', async () => {
    await run();
    await rename(join(folder, '0002-pears.sql'), join(folder, '0002-quinces.sql'));
    await assert.rejects(run(), { code: 'MIGRATION_MISSING' });
    await rm(join(folder, '0002-quinces.sql'));
    await assert.rejects(run(), { code: 'MIGRATION_MISSING' });
  });

  it('refuses a number used twice, a gap and a start other than one', async () => {
    await write('0002-plums.sql', 'select 1');
    await assert.rejects(run(), { code: 'MIGRATION_ORDER_INVALID' });
    await rename(join(folder, '0002-plums.sql'), join(folder, '0004-plums.sql'));
    await assert.rejects(run(), { code: 'MIGRATION_ORDER_INVALID' });
    await rm(join(folder, '0004-plums.sql'));
    await rm(join(folder, '0001-fruit.sql'));
    await assert.rejects(run(), { code: 'MIGRATION_ORDER_INVALID' });
  });

  it('refuses names it could not sort or quote', async () => {
    for (const name of ['3-plums.sql', '0003_plums.sql', "0003-plu'ms.sql", '0003-Plums.sql', 'plums.sql']) {
      await write(name, 'select 1');
      await assert.rejects(run(), { code: 'MIGRATION_NAME_INVALID' }, name);
      await rm(join(folder, name));
    }
    await assert.rejects(migrate(pool, { folder, schema: 'a"b' }), {
      code: 'MIGRATION_NAME_INVALID',
    });
  });

  it('gives the pool back as it was', async () => {
    const before = await pool.query('show search_path');
    await run();
    const clients = await Promise.all([1, 2, 3].map(() => pool.connect()));
    for (const client of clients) {
      assert.deepEqual((await client.query('show search_path')).rows, before.rows);
      client.release();
    }
  });
});
