import assert from 'node:assert/strict';
import { createTestDatabase, type TestDatabase } from '@barlink/testing';
import { commitBehind, type Database, openDatabase } from '../../src/database/index.ts';

describe('a commit that is sent right behind the statements', function () {
  this.timeout(30_000);
  let test: TestDatabase;
  let database: Database;

  before(async () => {
    test = await createTestDatabase({ migrations: [] });
    database = openDatabase({ url: test.url, connections: 2, onError: () => undefined });
    await database.query({ text: 'create table kept (name text primary key)' });
  });
  after(async () => {
    await database.close();
    await test.drop();
  });

  const readNames = async () =>
    (await test.pool.query<{ name: string }>('select name from kept order by name')).rows.map(
      ({ name }) => name,
    );
  /** A statement and the commit behind it, in a transaction that has written `first`. */
  const write = (first: string, name: unknown) =>
    database.transaction(async (connection, commitNow) => {
      await connection.query({ text: 'insert into kept values ($1)', values: [first] });
      const statement = connection.query({ text: 'insert into kept values ($1)', values: [name] });
      await commitBehind([statement], commitNow);
    });

  it('commits what was sent before it, once', async () => {
    await write('one', 'two');
    assert.deepEqual(await readNames(), ['one', 'two']);
  });

  it('commits nothing when a statement before it fails', async () => {
    await assert.rejects(write('three', 'two'), { code: '23505' });
    assert.deepEqual(await readNames(), ['one', 'two']);
  });

  it('is not sent when a statement before it could not be', async () => {
    const unsayable = {
      toPostgres() {
        throw new TypeError('no text for this value');
      },
    };
    await assert.rejects(write('four', unsayable), TypeError);
    assert.deepEqual(await readNames(), ['one', 'two']);
  });
});
