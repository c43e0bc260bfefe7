import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, chown, cp, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPostgres } from '../src/index.ts';
import { startHolder } from './children.ts';

const isRoot = process.getuid?.() === 0;
// Any user will do that is neither root nor the owner of anything here.
const NOBODY = 65534;
const UNNAMED = 4242;

/** Whether that user can run Node and read this checkout, as a second user of this machine would. */
function isCheckoutOpenTo(uid: number): boolean {
  const entry = fileURLToPath(new URL('../src/index.ts', import.meta.url));
  const trial = spawnSync('/bin/sh', ['-c', 'test -r "$0" && "$1" --version', entry, process.execPath], {
    uid,
    gid: uid,
    cwd: '/',
  });
  return trial.status === 0;
}

describe('where a server lives and as whom', function () {
  this.timeout(60_000);
  let folder: string;
  const homes = new Set<string>();

  const findHome = async (dataFolder: string) => {
    const running = await findPostgres({ dataFolder });
    homes.add(running.home ?? '');
    await running.stop();
    return running.home ?? '';
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'barlink places '));
    await chmod(folder, 0o755);
  });

  afterEach(async () => {
    for (const home of homes) await rm(home, { recursive: true, force: true });
    homes.clear();
    await rm(folder, { recursive: true, force: true });
  });

  describe('started as root', () => {
    before(function () {
      if (!isRoot) this.skip();
    });

    it('runs as another user, who owns the data alone', async () => {
      const data = join(folder, 'data');
      assert.equal(await findHome(data), data);
      const status = await stat(join(data, 'server', 'data'));
      assert.notEqual(status.uid, 0);
      assert.equal(status.mode & 0o777, 0o700);
    });

    it('keeps the data elsewhere when only root may enter the checkout, and finds it again', async () => {
      await chmod(folder, 0o700);
      const home = await findHome(join(folder, 'checkout', 'data'));
      assert.ok(!home.startsWith(folder));
      assert.equal(await findHome(join(folder, 'checkout', 'data')), home);
    });

    it('follows a checkout that moved', async () => {
      await chmod(folder, 0o700);
      const home = await findHome(join(folder, 'first', 'data'));
      await rename(join(folder, 'first'), join(folder, 'moved'));
      assert.equal(await findHome(join(folder, 'moved', 'data')), home);
    });

    it('starts afresh for a checkout that was copied, and for one made anew at the same place', async () => {
      await chmod(folder, 0o700);
      const original = join(folder, 'first');
      const home = await findHome(join(original, 'data'));
      await cp(original, join(folder, 'copy'), { recursive: true });
      assert.notEqual(await findHome(join(folder, 'copy', 'data')), home);
      assert.equal(await findHome(join(original, 'data')), home);
      await rm(original, { recursive: true });
      assert.notEqual(await findHome(join(original, 'data')), home);
    });

    it('says so when data that exists has come out of reach of its owner', async () => {
      await findHome(join(folder, 'data'));
      await chmod(folder, 0o700);
      await assert.rejects(findHome(join(folder, 'data')), { code: 'POSTGRES_FOLDER_UNUSABLE' });
    });
  });

  describe('started as an unprivileged user', () => {
    before(function () {
      if (!isRoot || !isCheckoutOpenTo(NOBODY) || !isCheckoutOpenTo(UNNAMED)) this.skip();
    });

    it('runs as that user', async () => {
      await chown(folder, NOBODY, NOBODY);
      const holder = await startHolder({ dataFolder: join(folder, 'data'), uid: NOBODY });
      await holder.end();
      assert.equal(holder.home, join(folder, 'data'));
      assert.equal((await stat(join(holder.home, 'server', 'data'))).uid, NOBODY);
    });

    it('keeps the data in the user’s own state folder when the checkout is read-only', async () => {
      const state = join(folder, 'state');
      await mkdir(state);
      await chown(state, NOBODY, NOBODY);
      const options = {
        dataFolder: join(folder, 'data'),
        uid: NOBODY,
        environment: { XDG_STATE_HOME: state },
      };
      const first = await startHolder(options);
      await first.end();
      assert.ok(first.home.startsWith(state));
      const second = await startHolder(options);
      await second.end();
      assert.equal(second.home, first.home);
    });

    it('serves root the data of that user', async () => {
      await chown(folder, NOBODY, NOBODY);
      const data = join(folder, 'data');
      const holder = await startHolder({ dataFolder: data, uid: NOBODY });
      await holder.end();
      assert.equal(await findHome(data), data);
      assert.equal((await stat(join(data, 'server', 'data'))).uid, NOBODY);
    });

    it('refuses the data of somebody else', async () => {
      await findHome(join(folder, 'data'));
      const attempt = startHolder({ dataFolder: join(folder, 'data'), uid: NOBODY });
      await assert.rejects(attempt, /POSTGRES_DATA_FOREIGN/);
    });

    it('runs as a user whom no passwd entry names, where the system allows user namespaces', async function () {
      const wrapper = spawnSync('/usr/bin/unshare', ['--user', '--map-user=65534', 'true'], {
        uid: UNNAMED,
        gid: UNNAMED,
      });
      if (wrapper.status !== 0) this.skip();
      await chown(folder, UNNAMED, UNNAMED);
      const holder = await startHolder({ dataFolder: join(folder, 'data'), uid: UNNAMED });
      await holder.end();
      assert.equal((await stat(join(holder.home, 'server', 'data'))).uid, UNNAMED);
    });
  });

  it('keeps the data elsewhere when its path holds characters that initdb would misread', async () => {
    const home = await findHome(join(folder, 'price $HOME `id`', 'data'));
    assert.ok(!home.startsWith(folder));
  });

  it('is not misled by settings made for other software', async () => {
    const holder = await startHolder({
      dataFolder: join(folder, 'data'),
      environment: {
        LC_ALL: 'xx_YY.UTF-8',
        LANG: 'xx_YY.UTF-8',
        LD_LIBRARY_PATH: folder,
        PGDATA: '/nonexistent',
        PGHOST: 'elsewhere.example',
        PGPORT: '1',
        PGUSER: 'someone',
        PGSSLMODE: 'require',
        TZ: 'Nowhere/Land',
      },
    });
    await holder.end();
    assert.equal(holder.home, join(folder, 'data'));
  });
});
