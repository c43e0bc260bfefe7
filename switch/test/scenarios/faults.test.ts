import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type FaultRig, startFaultRig } from '../support/fault-rig.ts';
import { pause } from '../support/paying-crowd.ts';
import { signalAll } from '../support/processes.ts';

describe('under load, nothing is lost, doubled or left open when', function () {
  this.timeout(120_000);
  let rig: FaultRig;

  before(async function () {
    if (process.platform !== 'linux') {
      this.skip();
    }
    rig = await startFaultRig({ accounts: ['1001', '1002', 'BLOCKED-1004', 'LATE-1006'], slow: /LATE/ });
  });
  after(() => rig?.stop());

  it('PostgreSQL is killed, all of it, and started again', () =>
    rig.survive(async () => {
      signalAll(await rig.listServerProcesses(), 'SIGKILL');
      await rig.restartServer();
    }));

  it('one process of PostgreSQL is killed, and it restarts the others', () =>
    rig.survive(async () => {
      const { rows } = await rig.pool.query<{ pid: number }>(
        `select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
          order by (state <> 'idle') desc limit 1`,
      );
      signalAll([rows[0]?.pid ?? assert.fail('no process')], 'SIGKILL');
    }));

  it('PostgreSQL stands still for longer than anybody waits', async () => {
    const { refusals } = await rig.survive(async () => {
      const processes = await rig.listServerProcesses();
      signalAll(processes, 'SIGSTOP');
      try {
        await pause(5000);
      } finally {
        signalAll(processes, 'SIGCONT');
      }
    });
    assert.ok(refusals.length > 0, 'nobody waited for it');
  });

  it('connections to the database are reset, again and again', () =>
    rig.survive(async () => {
      for (let cut = 0; cut < 5; cut += 1) {
        rig.toDatabase.cut();
        await pause(150);
      }
    }));

  it('the way to the database carries nothing for a while', () =>
    rig.survive(async () => {
      rig.toDatabase.stall();
      await pause(2500);
      rig.toDatabase.resume();
    }));

  for (const side of ['client', 'server'] as const) {
    it(`the ${side} side of the way to the database is told that there is no more to come`, () =>
      rig.survive(async () => {
        rig.toDatabase.halfClose(side);
        await pause(500);
      }));
  }

  it('connections to participants are reset, half-closed and stalled', () =>
    rig.survive(async () => {
      for (const hurt of ['cut', 'stall', 'half-close', 'cut'] as const) {
        for (const proxy of rig.toParticipants) {
          if (hurt === 'cut') {
            proxy.cut();
          } else if (hurt === 'stall') {
            proxy.stall();
          } else {
            proxy.halfClose('client');
            proxy.halfClose('server');
          }
        }
        await pause(1000);
        for (const proxy of rig.toParticipants) {
          proxy.resume();
        }
      }
    }));

  it('banks approve when the time is long over, and undo it when they are told to', async () => {
    const { wishes } = await rig.survive(async () => {
      const accounts = ['NORTH-1001', 'SOUTH-1002'];
      for (const bank of rig.network.banks) {
        for (const account of accounts) {
          bank.setBehaviour(account, { slowMs: 2200 });
        }
      }
      await pause(3500);
      for (const bank of rig.network.banks) {
        for (const account of accounts) {
          bank.setBehaviour(account, 'approve');
        }
      }
    });
    assert.ok(wishes.some(({ answer }) => answer.state === 'reversed'));
  });
});

describe('the disk of PostgreSQL is full', function () {
  this.timeout(180_000);
  let folder: string;
  let isMounted = false;
  let rig: FaultRig | undefined;

  before(async function () {
    folder = await mkdtemp(join(tmpdir(), 'barlink-small-disk-'));
    await chmod(folder, 0o755);
    const problem = await mountSmallDisk(folder);
    if (problem !== undefined) {
      console.log(`      skipped: a small disk cannot be mounted here (${problem})`);
      this.skip();
    }
    isMounted = true;
    rig = await startFaultRig({ accounts: ['1001', '1002'], dataFolder: join(folder, 'postgres') });
  });
  after(async () => {
    await rig?.stop();
    if (isMounted) {
      await run('umount', ['--lazy', folder]);
    }
    await rm(folder, { recursive: true, force: true });
  });

  it('serves again by itself when there is room, and has lost nothing', async () => {
    const { survive, pool, restartServer } = rig ?? assert.fail('no rig');
    const ballast = join(folder, 'ballast');
    const { refusals } = await survive(async () => {
      await fillDisk(ballast);
      // Long enough for the server to need more room, whatever it still has; it may even end itself.
      await pause(4000);
      await rm(ballast);
      await pool.query('select 1').catch(restartServer);
    });
    assert.ok(refusals.length > 0, 'the disk was not full');
  });
});

const run = promisify(execFile);

/** What is wrong when it cannot be done. */
async function mountSmallDisk(folder: string): Promise<string | undefined> {
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=300m,mode=0755', 'barlink-test', folder]);
    return undefined;
  } catch (error) {
    return (error as Error).message.trim().split('\n').at(-1);
  }
}

/** Writes a file until nothing more fits. */
async function fillDisk(path: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (let blockBytes = 1_048_576; blockBytes >= 4096; blockBytes /= 4) {
      await fillWith(file, Buffer.alloc(blockBytes));
    }
  } finally {
    await file.close();
  }
}

async function fillWith(file: FileHandle, block: Buffer): Promise<void> {
  try {
    for (;;) {
      await file.appendFile(block);
    }
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
  }
}
