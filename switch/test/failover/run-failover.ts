/**
 * Kills and pauses the leader of three PostgreSQL under Patroni and etcd while people pay, and compares what
 * they were told with what the next leader has: `npm run test:failover` (docs/failover.md).
 *
 * BARLINK_FAILOVERS (2) is how often the leader is killed; BARLINK_TTL (20) how many seconds its leadership
 * lasts unrenewed.
 */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNetwork, type Network, startSwitch } from '@barlink/conformance';
import pg from 'pg';
import { openDatabase, untilAnswers } from '../../src/database/index.ts';
import {
  assertBooksAgree,
  assertOnePaymentEach,
  createChance,
  everythingIsDelivered,
  pause,
  startCrowd,
  until,
  type Wish,
} from '../support/paying-crowd.ts';
import { signalAll } from '../support/processes.ts';
import { readRows } from '../support/read-rows.ts';
import {
  listMissing,
  type PatroniCluster,
  type PatroniNode,
  readIsReplica,
  startPatroniCluster,
} from './patroni-cluster.ts';

const failovers = Number(process.env.BARLINK_FAILOVERS ?? 2);
const ttl = Number(process.env.BARLINK_TTL ?? 20);
const times = { ttl, loopWait: 1, retryTimeout: Math.max(2, Math.floor(ttl / 4)) };
const settings = {
  BARLINK_SWEEP_AFTER_MS: '6000',
  BARLINK_ISSUER_DEADLINE_MS: '1500',
  BARLINK_INQUIRY_DEADLINE_MS: '700',
  BARLINK_DATABASE_DEADLINE_MS: '2000',
  BARLINK_ANSWER_DEADLINE_MS: '5000',
  BARLINK_LOG_LEVEL: 'warn',
};

interface Scene {
  readonly cluster: PatroniCluster;
  readonly network: Network;
  readonly pool: pg.Pool;
  readonly wishes: Wish[];
}

async function main(): Promise<void> {
  const missing = listMissing();
  if (missing.length > 0) {
    console.error(`not run: these packages are missing. apt-get install ${missing.join(' ')}`);
    process.exitCode = 2;
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), 'barlink-failover-'));
  await chmod(folder, 0o755);
  const clusterFolder = await mkdtemp(join(tmpdir(), 'barlink-patroni-'));
  const cluster = await startPatroniCluster({ folder: clusterFolder, times });
  console.log(`three nodes; ttl ${times.ttl} s, loop_wait ${times.loopWait} s, synchronous_mode_strict`);
  try {
    await payThrough(cluster, folder);
  } catch (error) {
    console.error(await cluster.describe());
    throw error;
  } finally {
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
    await rm(clusterFolder, { recursive: true, force: true });
  }
}

/** A switch and its network on the cluster, through all disturbances. */
async function payThrough(cluster: PatroniCluster, folder: string): Promise<void> {
  const running = await startSwitch({ folder, port: 0, databaseUrl: cluster.url, settings });
  const network = await createNetwork({ folder, switchUrl: running.url });
  const database = openDatabase({ url: cluster.url, connections: 2, onError: () => undefined });
  const scene: Scene = { cluster, network, pool: database.pool, wishes: [] };
  try {
    await untilAnswers(database, { withinMs: 30_000 });
    for (let round = 1; round <= failovers; round += 1) {
      await disturb(scene, `leader killed (${round})`, kill);
    }
    await disturb(scene, 'leader paused', stopForAWhile);
    console.log(`RATIO lost/acknowledged 0 of ${scene.wishes.length}`);
  } finally {
    await network.close();
    await running.stop();
    await database.close();
  }
}

/** Pays, disturbs the leader, waits until payments are answered again, and compares everybody's books. */
async function disturb(
  scene: Scene,
  what: string,
  act: (scene: Scene, leader: PatroniNode) => Promise<(next: PatroniNode) => Promise<void>>,
): Promise<void> {
  const { cluster, network, pool, wishes } = scene;
  await cluster.isWhole(2);
  const leader = (await cluster.findLeader()) ?? assert.fail('no leader');
  const chance = createChance(Date.now() % 1_000_000);
  const crowd = await startCrowd({ clients: [network], payers: 12, chance, accounts: ['1001', '1002'] });
  await crowd.answered(100);
  const hurtAt = performance.now();
  const heal = await act(scene, leader);
  await until('a payment sent after that is answered', async () =>
    crowd.wishes.some(({ sentAt, answer }) => sentAt > hurtAt && answer.state === 'captured'),
  );
  const next = await findNext(cluster, leader);
  await crowd.answered(100);
  await heal(next);
  await crowd.answered(50);
  const paid = await crowd.stop();
  wishes.push(...paid);
  await everythingIsDelivered(pool);
  await until('the database answers', async () => (await pool.query('select 1')).rowCount === 1);
  await assertOnePaymentEach(pool, wishes);
  await assertBooksAgree(pool, network);
  const gapMs = longestGap(paid);
  const { rate, states } = describe(paid);
  const gapSeconds = (gapMs / 1000).toFixed(1);
  console.log(`FAILOVER ${what}: ${leader.name} -> ${next.name}, no payment answered for ${gapSeconds} s`);
  console.log(`  ${paid.length} acknowledged (${states}), ${rate.toFixed(0)}/s, none lost, none doubled`);
}

async function findNext(cluster: PatroniCluster, before: PatroniNode): Promise<PatroniNode> {
  let next: PatroniNode | undefined;
  await until('another leader', async () => {
    next = await cluster.findLeader();
    return next !== undefined && next.name !== before.name;
  });
  return next ?? before;
}

/** The machine of the leader is gone: Patroni and PostgreSQL at once. */
async function kill(_scene: Scene, leader: PatroniNode): Promise<() => Promise<void>> {
  signalAll(await leader.listProcesses(), 'SIGKILL');
  return async () => leader.start();
}

/**
 * The machine of the leader stands still until another one leads, then goes on as if nothing had happened.
 * What was sent to it meanwhile must not be acknowledged unless the new leader has it.
 */
async function stopForAWhile(
  { cluster }: Scene,
  leader: PatroniNode,
): Promise<(next: PatroniNode) => Promise<void>> {
  const client = new pg.Client({ connectionString: cluster.urlOf(leader) });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('create table if not exists fence (said text)');
  const processes = await leader.listProcesses();
  signalAll(processes, 'SIGSTOP');
  let said = 'nothing yet';
  let warned = false;
  client.on('notice', () => {
    warned = true;
  });
  const saying = client.query("insert into fence values ('I lead')").then(
    () => {
      said = warned ? 'with a warning, which the switch takes for a no' : 'yes';
    },
    () => {
      said = 'no: the connection was closed';
    },
  );
  return async (next) => {
    signalAll(processes, 'SIGCONT');
    await Promise.race([saying, pause(60_000)]);
    await client.end().catch(() => undefined);
    await until('the paused leader follows', async () => {
      const isOverruled = await readIsReplica(cluster.urlOf(next)).catch(() => false);
      assert.ok(!isOverruled, 'the paused leader leads again');
      return readIsReplica(cluster.urlOf(leader));
    });
    const rows = await readRows<{ kept: number }>(
      cluster.urlOf(next),
      'select count(*)::int as kept from fence',
    );
    const kept = rows[0]?.kept ?? 0;
    console.log(`the old leader acknowledged a write of its own: ${said}; the new leader has ${kept}`);
    assert.ok(said !== 'yes' || kept === 1, 'a fenced leader acknowledged what is lost');
  };
}

/** The longest time in which nobody got an answer. */
function longestGap(paid: readonly Wish[]): number {
  const answeredAt = paid.map((wish) => wish.answeredAt).sort((one, other) => one - other);
  return Math.max(...answeredAt.slice(1).map((at, index) => at - (answeredAt[index] ?? at)));
}

function describe(paid: readonly Wish[]): { readonly rate: number; readonly states: string } {
  const first = Math.min(...paid.map(({ sentAt }) => sentAt));
  const last = Math.max(...paid.map(({ answeredAt }) => answeredAt));
  const counts = new Map<string, number>();
  for (const { answer } of paid) {
    counts.set(answer.state, (counts.get(answer.state) ?? 0) + 1);
  }
  const states = [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
  return { rate: (paid.length / (last - first)) * 1000, states };
}

await main();
