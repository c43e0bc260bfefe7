import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNetwork, type Network, type SwitchProcess, startSwitch } from '@barlink/conformance';
import { createTestDatabase, type TestDatabase } from '@barlink/testing';
import { freePort } from '../support/free-port.ts';
import {
  assertBooksAgree,
  assertOnePaymentEach,
  createChance,
  everythingIsDelivered,
  pause,
  startCrowd,
} from '../support/paying-crowd.ts';
import { assertCyclesSettled, closeOpenCycle } from '../support/settle-cycles.ts';
import { switchMigrations } from '../support/start-switch.ts';

const kills = Number(process.env.BARLINK_KILLS ?? 6);
const payersAtOnce = 12;
const settings = {
  BARLINK_SWEEP_AFTER_MS: '2500',
  BARLINK_ISSUER_DEADLINE_MS: '800',
  BARLINK_INQUIRY_DEADLINE_MS: '400',
  BARLINK_LOG_LEVEL: 'warn',
};

for (const processes of [1, 2]) {
  describe(`kill -9 of one of ${processes} switch processes on one database, under load`, function () {
    this.timeout(180_000);
    const seed = Number(process.env.BARLINK_SEED ?? Date.now() % 1_000_000);
    const chance = createChance(seed);
    let folder: string;
    let port: number;
    let database: TestDatabase;
    /** The first one is killed and started again; the others live on. */
    let running: SwitchProcess[];
    let network: Network;
    /** The same participants' clients for each process. */
    let clients: readonly Network[];

    const start = (at: number) => startSwitch({ folder, port: at, databaseUrl: database.url, settings });

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'barlink-kill-'));
      port = await freePort();
      database = await createTestDatabase({ migrations: switchMigrations });
      running = [await start(port)];
      for (let more = 1; more < processes; more += 1) {
        running.push(await start(0));
      }
      network = await createNetwork({ folder, switchUrl: running[0]?.url ?? '' });
      const others = running
        .slice(1)
        .map(({ url }) => createNetwork({ folder, switchUrl: url, mode: 'join' }));
      clients = [network, ...(await Promise.all(others))];
    });

    after(async () => {
      await Promise.all(clients?.map((client) => client.close()) ?? []);
      await Promise.all(running?.map((process) => process.stop()) ?? []);
      await database?.drop();
      await rm(folder, { recursive: true, force: true });
    });

    it(`loses, doubles and leaves open no payment (seed ${seed})`, async () => {
      const crowd = await startCrowd({
        clients: clients as [Network, ...Network[]],
        payers: payersAtOnce,
        chance,
        accounts: ['1001', '1002', 'BLOCKED-1004', 'TIMEOUT-1005', 'LATE-1006'],
        slow: /TIMEOUT|LATE/,
      });
      for (let kill = 0; kill < kills; kill += 1) {
        await crowd.answered(15);
        await pause(chance() * 1000);
        const [victim] = running;
        process.kill(victim?.pid ?? 0, 'SIGKILL');
        await victim?.ended;
        running[0] = await start(port);
        // The next kill falls into the closing or the settling of this cycle.
        await closeOpenCycle(network);
      }
      await crowd.answered(15);
      const wishes = await crowd.stop();
      assert.ok(wishes.length > 100, `only ${wishes.length} payments were made`);
      await everythingIsDelivered(database.pool);
      await assertOnePaymentEach(database.pool, wishes);
      await closeOpenCycle(network);
      await assertCyclesSettled(database.pool, network);
      await assertBooksAgree(database.pool, network);
    });
  });
}
