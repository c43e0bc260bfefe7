import assert from 'node:assert/strict';
import { createTestDatabase, type TestDatabase } from '@barlink/testing';
import fc from 'fast-check';
import { numberColumn, textColumn, timestampColumn, uuidColumn } from '../../src/database/index.ts';

/** Texts that the text form of an array has to escape, and others it does not. */
const awkward = ['', 'NULL', 'null', '{', '}', ',', '"', '\\', '\\"', ' ', '\n', '😀 中文', "'; drop", 'é'];

describe('array parameters in binary form', function () {
  this.timeout(60_000);
  let database: TestDatabase;

  before(async () => {
    database = await createTestDatabase({ migrations: [] });
  });
  after(() => database.drop());

  async function read(column: Buffer | string, type: string): Promise<unknown> {
    const { rows } = await database.pool.query(
      `select coalesce(array_agg(v::text order by n), '{}') as list
      from unnest($1::${type}[]) with ordinality as given (v, n)`,
      [column],
    );
    return rows[0].list;
  }

  it('give PostgreSQL every text as it is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.constant(null),
            fc.constantFrom(...awkward),
            fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '')),
          ),
        ),
        async (texts) => {
          assert.deepEqual(
            await read(
              textColumn(texts, (text) => text),
              'text',
            ),
            texts,
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it('hold texts longer than the room they are put together in', async () => {
    const texts = ['a'.repeat(70_000), null, '€'.repeat(100_000), 'b'];
    assert.deepEqual(
      await read(
        textColumn(texts, (text) => text),
        'text',
      ),
      texts,
    );
    const large = ['x'.repeat(5 * 1024 * 1024)];
    assert.deepEqual(
      await read(
        textColumn(large, (text) => text),
        'text',
      ),
      large,
    );
    assert.deepEqual(
      await read(
        textColumn(['after'], (text) => text),
        'text',
      ),
      ['after'],
    );
  });

  it('are refused by PostgreSQL with a NUL, as in text form', async () => {
    await assert.rejects(
      read(
        textColumn(['a\0b'], (text) => text),
        'text',
      ),
      { code: '22021' },
    );
  });

  it('give every UUID, and none', async () => {
    const ids = ['019c1234-89ab-7cde-8f01-23456789abcd', undefined, 'ffffffff-ffff-ffff-ffff-ffffffffffff'];
    const expected = ids.map((id) => id ?? null);
    assert.deepEqual(
      await read(
        uuidColumn(ids, (id) => id),
        'uuid',
      ),
      expected,
    );
  });

  for (const text of [
    '',
    '019C1234-89AB-7CDE-8F01-23456789ABCD',
    '019c123489ab7cde8f0123456789abcd',
    'x'.repeat(36),
  ]) {
    it(`refuse what is no UUID in lower case: ${JSON.stringify(text)}`, () => {
      assert.throws(() => uuidColumn([text], (id) => id), TypeError);
    });
  }

  it('give every instant to the millisecond, before and after 2000', async () => {
    const instants = [
      '0001-01-01T00:00:00.000Z',
      '1969-12-31T23:59:59.999Z',
      '1999-12-31T23:59:59.999Z',
      '2000-01-01T00:00:00.000Z',
      '2026-11-29T04:40:43.123Z',
      '2038-01-19T03:14:08.001Z',
      '9999-12-31T23:59:59.999Z',
    ];
    const { rows } = await database.pool.query<{ list: Date[] }>(
      'select array_agg(v order by n) as list from unnest($1::timestamptz[]) with ordinality as given (v, n)',
      [timestampColumn(instants, (instant) => new Date(instant))],
    );
    assert.deepEqual(
      rows[0]?.list.map((date) => date.toISOString()),
      instants,
    );
  });

  it('give whole numbers', async () => {
    const numbers = [0n, -1n, 9_223_372_036_854_775_807n, -9_223_372_036_854_775_808n];
    assert.deepEqual(
      await read(
        numberColumn(numbers, (number) => number),
        'bigint',
      ),
      numbers.map(String),
    );
    assert.deepEqual(
      await read(
        numberColumn([1, 32_767], (number) => number),
        'smallint',
      ),
      ['1', '32767'],
    );
  });

  it('are empty without rows', async () => {
    assert.deepEqual(
      await read(
        textColumn([], () => ''),
        'text',
      ),
      [],
    );
    assert.deepEqual(
      await read(
        uuidColumn([], () => ''),
        'uuid',
      ),
      [],
    );
    assert.deepEqual(
      await read(
        timestampColumn([], () => new Date()),
        'timestamptz',
      ),
      [],
    );
    assert.deepEqual(
      await read(
        numberColumn([], () => 0),
        'bigint',
      ),
      [],
    );
  });
});
