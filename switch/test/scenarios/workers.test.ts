import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNetwork, type Network, type SwitchProcess, startSwitch } from '@barlink/conformance';
import { createTestDatabase, type TestDatabase } from '@barlink/testing';
import { readChildren } from '../support/processes.ts';
import { switchMigrations } from '../support/start-switch.ts';

describe('BARLINK_WORKERS', function () {
  this.timeout(60_000);
  let folder: string;
  let database: TestDatabase;
  let running: SwitchProcess;
  let network: Network;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'barlink-workers-'));
    database = await createTestDatabase({ migrations: switchMigrations });
    const settings = { BARLINK_WORKERS: '3', BARLINK_LOG_LEVEL: 'fatal' };
    running = await startSwitch({ folder, port: 0, databaseUrl: database.url, settings });
    network = await createNetwork({ folder, switchUrl: running.url });
  });

  after(async () => {
    await network?.close();
    await running?.stop();
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  it('serves one port with several processes, and replaces one that is killed', async function () {
    const before = await readChildren(running.pid);
    if (before === undefined) {
      this.skip();
    }
    assert.equal(before.length, 3);
    await payTwenty();
    process.kill(before[0] ?? 0, 'SIGKILL');
    await payTwenty();
    await until(async () => {
      const now = (await readChildren(running.pid)) ?? [];
      return now.length === 3 && !now.includes(before[0] ?? 0);
    });
    await payTwenty();
    const positions = await network.operator.positions();
    assert.equal(
      positions.reduce((sum, { net }) => sum + net, 0n),
      0n,
    );
    const bank = positions.find(({ participant }) => participant === 'bank-north');
    assert.equal(bank?.net, network.bank('bank-north').net('CNY'));
    assert.equal(bank?.net, -60n * 100n);
  });

  it('stops all of them when the first one is told to', async function () {
    const workers = await readChildren(running.pid);
    if (workers === undefined) {
      this.skip();
    }
    await running.stop();
    await until(async () => !workers.some(isAlive));
  });

  async function payTwenty(): Promise<void> {
    const { wallet } = network.wallet('wallet-jade');
    const [merchant] = network.acquirer('acquirer-east').merchants;
    const code = await merchant?.staticCode();
    const { tokenId } = await wallet.createToken({ issuer: 'bank-north', account: 'NORTH-1001' });
    const payments = await Promise.all(
      Array.from({ length: 20 }, () =>
        wallet.pay({ payload: code?.text ?? '', tokenId, amount: { currency: 'CNY', minor: 100n } }),
      ),
    );
    assert.deepEqual(
      payments.filter(({ state }) => state !== 'captured'),
      [],
    );
  }
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const endsAt = Date.now() + 20_000;
  while (!(await isTrue())) {
    assert.ok(Date.now() < endsAt, 'not within 20 s');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
