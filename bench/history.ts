/**
 * What a payment costs when ten million are stored, beside what it costs when ten thousand are: `npm run
 * bench:history`.
 *
 * Two switches on one server, each with its own database. Both take ten thousand real payments; in one of
 * them every row these left is then written again, a thousand times over, moved back in time, so that it
 * holds BENCH_STORED payments (ten million unless told). Rounds of the two alternate. A ratio of 1.1 is the
 * limit we hold ourselves to. Ten million take some 40 GB of disk and half an hour to make.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPostgres } from '@barlink/postgres';
import pg from 'pg';
import { untilLogIsWhole } from './log-whole.ts';
import { multiplyRows } from './multiply-rows.ts';
import {
  type CpuClock,
  createCpuClock,
  createDatabase,
  load,
  median,
  type Pay,
  type Round,
  startNetwork,
} from './payments-network.ts';

const stored = Number(process.env.BENCH_STORED ?? 10_000_000);
const seconds = Number(process.env.BENCH_SECONDS ?? 8);
const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
const seeded = 10_000;

interface Side {
  readonly name: string;
  readonly network: Awaited<ReturnType<typeof startNetwork>>;
  readonly clock: Awaited<ReturnType<typeof createCpuClock>>;
  readonly rounds: Round[];
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'barlink-bench-'));
  const server = await findPostgres({
    url: process.env.DATABASE_URL,
    dataFolder: '.barlink/bench',
    durability: 'full',
    log: console.log,
  });
  const sides: Side[] = [];
  try {
    for (const name of ['few', 'many']) {
      const databaseUrl = await createDatabase(server.url, `bench_history_${name}`);
      const since = Date.now();
      const network = await startNetwork({ folder: await mkdtemp(join(folder, 'keys-')), databaseUrl });
      const clock = await createCpuClock(databaseUrl, network.pids);
      sides.push({ name, network, clock, rounds: [] });
      const paid = await seed(network.pay, clock);
      const copies = Math.round(stored / paid) - 1;
      if (name === 'many') {
        // Copies of a leaf that the log has not taken in would all be new to it.
        await untilLogIsWhole(databaseUrl);
        await multiplyRows(databaseUrl, { since, copies, log: console.log });
      }
    }
    await settle(server.url, sides);
    for (let round = 0; round < rounds; round += 1) {
      for (const side of sides)
        side.rounds.push(await load(side.network.pay, { seconds, clock: side.clock }));
    }
    report(sides);
  } finally {
    await Promise.all(sides.map(({ network }) => network.stop()));
    await Promise.all(sides.map(({ name }) => dropDatabase(server.url, name)));
    await server.stop();
    await rm(folder, { recursive: true });
  }
}

async function dropDatabase(url: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`drop database bench_history_${name} with (force)`);
  await client.end();
}

/** Real payments, ten thousand or a few more. @returns how many. */
async function seed(pay: Pay, clock: CpuClock): Promise<number> {
  let paid = 0;
  while (paid < seeded) paid += (await load(pay, { seconds: 1, clock })).latenciesMs.length;
  return paid;
}

/** Both start from tables the planner knows and a checkpoint just made, and with their code compiled. */
async function settle(url: string, sides: readonly Side[]): Promise<void> {
  for (const { name } of sides) {
    const own = new URL(url);
    own.pathname = `/bench_history_${name}`;
    const client = new pg.Client({ connectionString: own.href });
    await client.connect();
    await client.query('vacuum analyze');
    const { rows } = await client.query<{ payments: string; size: string }>(
      'select count(*) as payments, pg_size_pretty(pg_database_size(current_database())) as size from payments',
    );
    console.log(`${name}: ${rows[0]?.payments} payments, ${rows[0]?.size}`);
    await client.query('checkpoint');
    await client.end();
  }
  for (const { network, clock } of sides) await load(network.pay, { seconds: 10, clock });
}

function report(sides: readonly Side[]): void {
  const [few, many] = sides;
  if (few === undefined || many === undefined) throw new Error('a side is missing');
  for (const { name, rounds: measured } of sides) {
    const rates = measured.map((round) => round.rate.toFixed(0)).join(', ');
    const cpu = Object.keys(measured[0]?.cpuMs ?? {}).map(
      (part) => `${part} ${median(measured.map((round) => round.cpuMs[part] ?? 0)).toFixed(3)}`,
    );
    console.log(`${name}: payments/s by round ${rates}; processor time a payment, ms: ${cpu.join(', ')}`);
  }
  const ratios = (of: (round: Round) => number) =>
    few.rounds.map((round, at) => of(many.rounds[at] ?? round) / of(round));
  const sum = (round: Round) => Object.values(round.cpuMs).reduce((total, ms) => total + ms, 0);
  console.log(`RATIO payment-time-many/few ${(1 / median(ratios((round) => round.rate))).toFixed(2)}`);
  console.log(`RATIO payment-processor-time-many/few ${median(ratios(sum)).toFixed(2)}`);
}

await main();
