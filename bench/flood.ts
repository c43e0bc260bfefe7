/**
 * What a flood of bad signatures does to those who pay meanwhile: `npm run bench:flood`.
 *
 * Payments go at a steady rate, in rounds without and with the flood by turns; the flood comes from a process
 * and an address of its own. RATIO is the median of the rounds' p99 with the flood over that of those
 * without. BENCH_SECONDS, BENCH_ROUNDS, BENCH_RATE, BENCH_FLOOD_CONNECTIONS change the run.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPostgres } from '@barlink/postgres';
import type { FloodOrder, FloodTally } from './flood-sender.ts';
import {
  createCpuClock,
  createDatabase,
  load,
  loadSteadily,
  median,
  percentile,
  type Round,
  startNetwork,
} from './payments-network.ts';

const seconds = Number(process.env.BENCH_SECONDS ?? 5);
const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const rate = Number(process.env.BENCH_RATE ?? 300);
const connections = Number(process.env.BENCH_FLOOD_CONNECTIONS ?? 200);
const victim = 'wallet-jade';

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'barlink-flood-'));
  const server = await findPostgres({
    url: process.env.DATABASE_URL,
    dataFolder: '.barlink/bench',
    durability: 'full',
    log: () => undefined,
  });
  const databaseUrl = await createDatabase(server.url, 'bench_flood');
  const network = await startNetwork({ folder, databaseUrl });
  const flooder = fork(new URL('./flood-sender.ts', import.meta.url), { execArgv: ['--import=tsx'] });
  const clock = await createCpuClock(databaseUrl, network.pids);
  try {
    const { switchUrl } = network;
    const published = await fetch(`${switchUrl}/v1/participants/${victim}/keys`);
    const { keys } = (await published.json()) as { keys: { kid: string }[] };
    const order = { switchUrl, victim, kid: keys[0]?.kid ?? '', connections };
    await load(network.pay, { seconds: 4, clock });
    const ratios: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const calm = p99(await loadSteadily(network.pay, { rate, seconds, clock }));
      const { result, tally } = await during(flooder, order, () =>
        loadSteadily(network.pay, { rate, seconds, clock }),
      );
      const flooded = p99(result);
      ratios.push(flooded / calm);
      console.log(
        `p99 ${calm.toFixed(1)} ms, with ${(tally.sent / seconds).toFixed(0)} bad requests/s ` +
          `${flooded.toFixed(1)} ms ${JSON.stringify(tally.answers)}`,
      );
    }
    console.log(`RATIO ${median(ratios).toFixed(2)} p99 with the flood over p99 without (at most 2)`);
  } finally {
    flooder.kill();
    await network.stop();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function during<T>(
  flooder: ChildProcess,
  order: FloodOrder,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly tally: FloodTally }> {
  flooder.send(order);
  const result = await work();
  const ended = once(flooder, 'message');
  flooder.send('stop');
  const [tally] = (await ended) as [FloodTally];
  return { result, tally };
}

function p99({ latenciesMs }: Round): number {
  return percentile(latenciesMs, 0.99);
}

await main();
process.exit(0);
