import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { importJwks } from '@barlink/signing';
import {
  createLogFixture,
  findFlaw,
  type LogFixture,
  readHeads,
  readLeaves,
  readTree,
} from '../support/log-fixture.ts';

describe('the sequencer', () => {
  let fixture: LogFixture;
  beforeEach(async () => {
    fixture = await createLogFixture();
  });
  afterEach(() => fixture.close());

  it('appends what is new and signs a head over it; nothing new, no head', async () => {
    const { database, write, signingKey } = fixture;
    const sequencer = fixture.createSequencer();
    assert.equal(await sequencer.sequence(), 0);
    await write();
    await write();
    assert.equal(await sequencer.sequence(), 2);
    await write();
    assert.equal(await sequencer.sequence(), 1);
    assert.equal(await sequencer.sequence(), 0);
    const heads = await readHeads(database);
    assert.deepEqual(
      heads.map(({ size }) => size),
      [2, 3],
    );
    assert.equal(await findFlaw(database), undefined);

    const [header = '', payload = '', signature = ''] = heads[1]?.signed.split('.') ?? [];
    const key = (await importJwks({ keys: [signingKey.publicJwk] })).get(signingKey.kid);
    assert.ok(await key?.verify(Buffer.from(`${header}.${payload}`), Buffer.from(signature, 'base64url')));
    const read = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString());
    assert.deepEqual(read(header), { alg: 'ES256', kid: signingKey.kid, typ: 'barlink-tree-head+jws' });
    const { at, ...said } = read(payload);
    const onWire = (head: number) => Buffer.from(heads[head]?.root ?? '', 'hex').toString('base64url');
    assert.deepEqual(said, {
      log: 'barlink-switch',
      size: 3,
      root: onWire(1),
      previous: { size: 2, root: onWire(0) },
    });
    assert.ok(Math.abs(Date.now() - Date.parse(at)) < 60_000);
  });

  it('skips nothing of a transaction that stays open, and waits for it with nothing else', async () => {
    const { database, write } = fixture;
    const sequencer = fixture.createSequencer();
    const open = await database.pool.connect();
    try {
      await open.query('begin');
      await write(open);
      await write();
      assert.equal(await sequencer.sequence(), 1);
      await write(open);
      for (let round = 0; round < 5; round += 1) {
        await write();
        assert.equal(await sequencer.sequence(), 1);
      }
      await open.query('commit');
      assert.equal(await sequencer.sequence(), 2);
      assert.equal(await sequencer.sequence(), 0);
    } finally {
      open.release();
    }
    assert.equal((await readTree(database)).length, 8);
    assert.equal(await findFlaw(database), undefined);
  });

  it('takes nothing of a transaction that is rolled back, nor of a part that is', async () => {
    const { database, write } = fixture;
    const connection = await database.pool.connect();
    try {
      await connection.query('begin');
      await write(connection);
      await connection.query('rollback');
      await connection.query('begin');
      await write(connection);
      await connection.query('savepoint part');
      await write(connection);
      await connection.query('rollback to part');
      await connection.query('savepoint other');
      await write(connection);
      await connection.query('commit');
    } finally {
      connection.release();
    }
    assert.equal(await fixture.createSequencer().sequence(), 2);
    assert.equal(await findFlaw(database), undefined);
  });

  it('takes whole transactions however few leaves it may take at once', async () => {
    const { database, write } = fixture;
    for (let transaction = 0; transaction < 9; transaction += 1) {
      await database.transaction(async (connection) => {
        for (let leaf = 0; leaf < (transaction === 4 ? 40 : 3); leaf += 1) {
          await write(connection);
        }
      });
    }
    assert.equal(await fixture.createSequencer({ leavesMost: 7 }).sequence(), 64);
    assert.ok((await readHeads(database)).every(({ size }) => size % 3 === 0 || size >= 52));
    assert.equal(await findFlaw(database), undefined);
  });

  it('takes transactions by their number, not as text: 100 comes after 99', async () => {
    const { database } = fixture;
    await database.query(
      `insert into log_leaves (transaction, kind, ref, part, hash)
        select number::text::xid8, 1, gen_random_uuid(), part::text, sha256(random()::text::bytea)
        from generate_series(80, 119) number, generate_series(1, 2) part`,
    );
    assert.equal(await fixture.createSequencer({ leavesMost: 7 }).sequence(), 80);
    assert.equal(await findFlaw(database), undefined);
  });

  it('makes one tree when several act at once, with writers that end out of order', async () => {
    const { database, write } = fixture;
    let isWriting = true;
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let turn = 0; turn < 40; turn += 1) {
        await database.transaction(async (connection) => {
          await write(connection);
          await connection.query('select pg_sleep($1)', [((turn * 7 + writer * 3) % 5) / 1000]);
          await write(connection);
        });
      }
    });
    const sequencers = [3, 17, 1024].map(async (leavesMost) => {
      const sequencer = fixture.createSequencer({ leavesMost });
      while (isWriting) {
        await sequencer.sequence();
      }
    });
    await Promise.all(writers);
    isWriting = false;
    await Promise.all(sequencers);
    await fixture.createSequencer().sequence();
    assert.equal((await readLeaves(database)).length, 320);
    assert.equal(await findFlaw(database), undefined);
    assert.ok((await readHeads(database)).length > 3);
  }).timeout(60_000);

  it('survives being killed at any point', async () => {
    const { database, write, signingKey, url } = fixture;
    const published = new Map<number, string>();
    for (let life = 0; life < 6; life += 1) {
      const child = spawnSequencer(url, JSON.stringify(signingKey.exportPrivateJwk()));
      await once(child.stdout ?? child, 'data');
      // Each life is cut after another number of leaves, wherever its work stands then.
      for (let leaf = 0; leaf < 10 + life * 7; leaf += 1) {
        await write();
      }
      child.kill('SIGKILL');
      await once(child, 'exit');
      for (const { size, root } of await readHeads(database)) {
        assert.equal(published.get(size) ?? root, root);
        published.set(size, root);
      }
    }
    // The server may still be ending what the killed process began, with its turn.
    const sequencer = fixture.createSequencer();
    while ((await readTree(database)).length < (await readLeaves(database)).length) {
      await sequencer.sequence();
    }
    const roots = new Map((await readHeads(database)).map(({ size, root }) => [size, root]));
    assert.ok([...published].every(([size, root]) => roots.get(size) === root));
    assert.equal(await findFlaw(database), undefined);
  }).timeout(120_000);

  it('does not build on tables that are not those of its last head', async () => {
    const { database, write } = fixture;
    const sequencer = fixture.createSequencer();
    await write();
    await sequencer.sequence();
    await database.query(`update log_edge set hashes = sha256('another leaf') where level = 0`);
    await write();
    await assert.rejects(sequencer.sequence(), /not those of its last signed tree head/);
    assert.equal((await readHeads(database)).length, 1);
  });
});

describe('the tables of the log', () => {
  let fixture: LogFixture;
  before(async () => {
    fixture = await createLogFixture();
    for (let leaf = 0; leaf < 257; leaf += 1) {
      await fixture.write();
    }
    await fixture.createSequencer().sequence();
  });
  after(() => fixture.close());

  for (const change of [
    `update log_tiles set hashes = hashes`,
    `delete from log_tiles`,
    `truncate log_tiles`,
    `update log_heads set root = root`,
    `delete from log_heads`,
    `update log_cosignatures set at = at`,
    `delete from log_cosignatures`,
    `delete from log_edge`,
    `update log_leaves set hash = sha256('other')`,
    `update log_leaves set salt = sha256('other')`,
    `update log_leaves set transaction = '5'`,
    `delete from log_leaves`,
    `truncate log_leaves`,
    `delete from messages`,
    `update messages set body = '{}'`,
    `delete from answers`,
  ]) {
    it(`refuse: ${change}`, async () => {
      await assert.rejects(fixture.database.query(change), /append-only/);
    });
  }

  it('let a salt be erased, and the leaf stays', async () => {
    const before = await readLeaves(fixture.database);
    await fixture.database.query('update log_leaves set salt = null');
    assert.deepEqual(await readLeaves(fixture.database), before);
  });
});

function spawnSequencer(url: string, key: string): ChildProcess {
  const file = new URL('../support/sequence-forever.ts', import.meta.url);
  return spawn(process.execPath, ['--import=tsx', file.pathname], {
    env: { ...process.env, DATABASE_URL: url, SIGNING_KEY: key },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
