import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findPostgres } from '../src/index.ts';
import { startHolder } from './children.ts';

describe('findPostgres, when something is broken', function () {
  this.timeout(60_000);
  let folder: string;
  let server: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'barlink failures '));
    await chmod(folder, 0o755);
    server = join(folder, 'server');
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('says when no cluster can be made in the folder', async () => {
    await mkdir(server);
    await writeFile(join(server, 'holiday.jpg'), '');
    await assert.rejects(findPostgres({ dataFolder: folder }), { code: 'POSTGRES_INIT_FAILED' });
  });

  it('says what the server said when it does not start, and leaves the data as it is', async () => {
    await (await findPostgres({ dataFolder: folder })).stop();
    const control = join(server, 'data', 'global', 'pg_control');
    await rename(control, `${control}.aside`);
    await assert.rejects(findPostgres({ dataFolder: folder }), (error: Error) => {
      assert.equal('code' in error && error.code, 'POSTGRES_START_FAILED');
      assert.match(error.message, /pg_control/);
      return true;
    });
    await rename(`${control}.aside`, control);
    await (await findPostgres({ dataFolder: folder })).stop();
  });

  it('says when the kept password is not that of the running server', async () => {
    const running = await findPostgres({ dataFolder: folder });
    const password = await readFile(join(server, 'password'), 'utf8');
    await writeFile(join(server, 'password'), 'another');
    await assert.rejects(findPostgres({ dataFolder: folder }), { code: 'POSTGRES_PASSWORD_MISMATCH' });
    await writeFile(join(server, 'password'), password);
    await running.stop();
  });

  it('says when the server does not end', async () => {
    const running = await findPostgres({ dataFolder: folder, stopTimeoutMs: 1000 });
    const processId = Number.parseInt(await readFile(join(server, 'data', 'postmaster.pid'), 'utf8'), 10);
    process.kill(processId, 'SIGSTOP');
    try {
      await assert.rejects(running.stop(), { code: 'POSTGRES_STOP_FAILED' });
    } finally {
      process.kill(processId, 'SIGCONT');
    }
    for (let gone = false; !gone; await sleep(20)) {
      gone = await readFile(join(server, 'data', 'postmaster.pid')).then(
        () => false,
        () => true,
      );
    }
  });

  it('says when root cannot become another user, as in a container that maps root only', async function () {
    const wrapper = ['unshare', '--user', '--map-root-user'];
    const trial = spawnSync('/usr/bin/unshare', ['--user', '--map-root-user', 'true']);
    if (trial.status !== 0) this.skip();
    const attempt = startHolder({ dataFolder: join(folder, 'data'), wrapper });
    await assert.rejects(attempt, /POSTGRES_USER_UNAVAILABLE/);
  });
});
