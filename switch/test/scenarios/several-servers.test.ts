import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFile, chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPostgres, type RunningPostgres } from '@barlink/postgres';
import { type Database, isDatabaseDown, openDatabase, untilAnswers } from '../../src/database/index.ts';
import { readRows } from '../support/read-rows.ts';

/** Two servers with one past: `late` was promoted once more, and `early` has nothing of what it says. */
describe('a database on several servers', function () {
  this.timeout(120_000);
  let folder: string;
  let early: RunningPostgres;
  let late: RunningPostgres;
  const opened: Database[] = [];

  const start = (name: string, port?: number) =>
    findPostgres({ dataFolder: join(folder, name), port, durability: 'relaxed' });
  const portOf = ({ url }: RunningPostgres) => Number(new URL(url).port);
  const open = (servers: readonly RunningPostgres[]) => {
    const hosts = servers.map((server) => new URL(server.url).host).join(',');
    const { username, password, pathname } = new URL(early.url);
    const url = `postgresql://${username}:${password}@${hosts}${pathname}?target_session_attrs=read-write`;
    const database = openDatabase({ url, connections: 2, onError: () => undefined });
    opened.push(database);
    return database;
  };
  const tell = (database: Database, what: string) =>
    database.query({ text: 'insert into told values ($1)', values: [what] });
  const readTold = async ({ url }: RunningPostgres) => {
    const rows = await readRows<{ what: string }>(url, 'select what from told order by what');
    return rows.map(({ what }) => what);
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'barlink-servers-'));
    await chmod(folder, 0o755);
    early = await start('early');
    await readRows(early.url, 'create table told (what text)');
    await early.stop();
    const home = early.home ?? assert.fail('a server of our own has a home');
    execFileSync('cp', ['-a', home, join(folder, 'late')]);
    const data = join(folder, 'late', 'server', 'data');
    // Recovery from an archive that is empty: it ends at once, on a timeline of its own.
    await appendFile(join(data, 'postgresql.auto.conf'), "restore_command = 'false'\n");
    await writeFile(join(data, 'recovery.signal'), '');
    late = await start('late');
    early = await start('early');
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((database) => database.close()));
  });
  after(async () => {
    await late.stop();
    await early.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('is served by the one on the latest timeline, wherever it stands in the list', async () => {
    for (const [name, servers] of Object.entries({
      'last in the list': [early, late],
      first: [late, early],
    })) {
      const database = open(servers);
      await untilAnswers(database, { withinMs: 10_000 });
      await tell(database, name);
    }
    assert.deepEqual(await readTold(late), ['first', 'last in the list']);
    assert.deepEqual(await readTold(early), []);
  });

  it('stands still rather than go back to an earlier one, and goes on when the latest is back', async () => {
    const database = open([early, late]);
    await untilAnswers(database, { withinMs: 10_000 });
    const port = portOf(late);
    await late.stop();
    for (const endsAt = Date.now() + 3000; Date.now() < endsAt; ) {
      await assert.rejects(tell(database, 'while it was gone'), isDatabaseDown);
    }
    late = await start('late', port);
    await untilAnswers(database, { withinMs: 10_000 });
    await tell(database, 'when it was back');
    assert.deepEqual(await readTold(early), []);
    assert.ok((await readTold(late)).includes('when it was back'));
  });

  it('is never served by a replica', async () => {
    const port = portOf(early);
    await early.stop();
    await writeFile(join(early.home ?? '', 'server', 'data', 'standby.signal'), '');
    early = await start('early', port);
    const database = open([early, late]);
    await untilAnswers(database, { withinMs: 10_000 });
    await tell(database, 'beside a replica');
    assert.ok((await readTold(late)).includes('beside a replica'));
  });
});
