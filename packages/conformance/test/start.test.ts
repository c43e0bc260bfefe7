import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTestDatabase, type TestDatabase } from '@barlink/testing';

describe('npm start', function () {
  this.timeout(60_000);
  let folder: string;
  let database: TestDatabase;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'barlink-start-'));
    database = await createTestDatabase({ migrations: [] });
  });
  after(async () => {
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  function run(
    main: string,
    environment: Record<string, string>,
  ): { child: ChildProcess; said: () => string } {
    const file = fileURLToPath(new URL(`../dist/${main}`, import.meta.url));
    const child = spawn(process.execPath, [file], {
      env: {
        ...process.env,
        BARLINK_FOLDER: folder,
        BARLINK_PORT: '0',
        DATABASE_URL: database.url,
        ...environment,
      },
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
    }
    return { child, said: () => text };
  }

  for (const time of ['first', 'second']) {
    it(`runs, pays and stops cleanly the ${time} time, also when Ctrl-C comes twice`, async () => {
      const { child, said } = run('start.js', {});
      const ended = once(child, 'exit');
      while (!said().includes('Ctrl-C stops everything') && child.exitCode === null) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert.match(said(), /Barlink runs at http/);
      const url = /Barlink runs at (\S+)/.exec(said())?.[1] ?? '';
      assert.equal((await fetch(`${url}/health/ready`)).status, 200, said());
      assert.match(said(), /: captured {2}[0-9a-f-]{36}/);
      assert.match(said(), /wallet-jade sends POST \/v1\/payments/);
      child.kill('SIGINT');
      child.kill('SIGINT');
      assert.deepEqual(await ended, [0, null], said());
      await assert.rejects(fetch(`${url}/health/ready`));
    });
  }

  it('takes the switch along when the demonstration is stopped in the middle', async () => {
    const { child, said } = run('demo.js', {});
    const ended = once(child, 'exit');
    while (!said().includes('1. A payer connects') && child.exitCode === null) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const url = /The switch answers at (\S+)\./.exec(said())?.[1] ?? '';
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [1, null], said());
    for (const endsAt = Date.now() + 10_000; Date.now() < endsAt; ) {
      if ((await fetch(url).catch(() => 'gone')) === 'gone') {
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.fail('the switch still runs');
  });

  it('says what is wrong when the switch cannot come up', async () => {
    const { child, said } = run('start.js', { DATABASE_URL: 'postgresql://127.0.0.1:1/nothing' });
    const [code] = await once(child, 'exit');
    assert.equal(code, 1);
    assert.match(said(), /Barlink could not run: The switch ended with 1\./);
  });

  it('refuses a port that is none', async () => {
    const { child, said } = run('demo.js', { BARLINK_PORT: 'eighty' });
    const [code] = await once(child, 'exit');
    assert.equal(code, 1);
    assert.match(said(), /BARLINK_PORT must be a port number/);
  });
});
