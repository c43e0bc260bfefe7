/**
 * Complete payments beside pgbench TPC-B (32 clients) on the same server in the same run: `npm run
 * bench:payments`.
 *
 * Switch, PostgreSQL, participants and load generator share the processors. DATABASE_URL names another
 * server; BENCH_SECONDS, BENCH_CALLERS, BENCH_ROUNDS, BENCH_WARMUP_SECONDS change the run; BENCH_PROFILE=1
 * leaves a processor profile of the switch in .barlink/profiles.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPostgres } from '@barlink/postgres';
import { makeLogFiles } from './log-files.ts';
import {
  callers,
  createCpuClock,
  createDatabase,
  load,
  loadSteadily,
  median,
  percentile,
  type Round,
  startNetwork,
} from './payments-network.ts';
import { createYardstick } from './tpcb.ts';
import { describeWriteBack } from './write-back.ts';

const seconds = Number(process.env.BENCH_SECONDS ?? 8);
// Compiling takes 8 % of the processor time after 20 s, 6 % after 60 s and 3 % after 200 s.
const warmupSeconds = Number(process.env.BENCH_WARMUP_SECONDS ?? 60);
const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
/** How much of the peak rate the steady round sends. */
const steadyShare = 0.7;
/** What we hold ourselves to for the slowest of a hundred then. */
const p99LimitMs = 150;

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'barlink-bench-'));
  const server = await findPostgres({
    url: process.env.DATABASE_URL,
    dataFolder: '.barlink/bench',
    durability: 'full',
    log: console.log,
  });
  if (process.env.DATABASE_URL === undefined) await makeLogFiles(server.url);
  const databaseUrl = await createDatabase(server.url);
  const network = await startNetwork({ folder, databaseUrl });
  const clock = await createCpuClock(databaseUrl, network.pids);
  try {
    const yardstick = await createYardstick(server.url);
    const yards: number[] = [];
    const measured: Round[] = [];
    const steady: Round[] = [];
    const steadyYards: (readonly number[])[] = [];
    await load(network.pay, { seconds: warmupSeconds, clock });
    for (let round = 0; round < rounds; round += 1) {
      const yard = (await yardstick?.measure(seconds)) ?? Number.NaN;
      yards.push(yard);
      if (yardstick) steadyYards.push(await yardstick.measureSteadily(yard * steadyShare, seconds));
      const peak = await load(network.pay, { seconds, clock });
      measured.push(peak);
      // Right behind its peak: the machine is not as fast a minute later.
      steady.push(await loadSteadily(network.pay, { rate: peak.rate * steadyShare, seconds, clock }));
    }
    yards.push((await yardstick?.measure(seconds)) ?? Number.NaN);
    await yardstick?.drop();
    console.log(await describeWriteBack());
    report(measured, yards);
    reportSteadily(steady, steadyYards);
    await network.assertBalanced();
  } finally {
    await network.stop();
    await server.stop();
    await rm(folder, { recursive: true });
  }
}

function report(measured: readonly Round[], yards: readonly number[]): void {
  const latencies = describeLatencies(measured.flatMap((round) => round.latenciesMs));
  const rate = median(measured.map((round) => round.rate));
  const yard = median(yards);
  console.log(`payments/s by round: ${measured.map((round) => round.rate.toFixed(0)).join(', ')}`);
  console.log(`TPC-B (32 clients)/s by round: ${yards.map((value) => value.toFixed(0)).join(', ')}`);
  const refused = measured.reduce((sum, round) => sum + round.refused, 0);
  console.log(`latency with ${callers} in flight: ${latencies}; refused ${refused}`);
  const names = Object.keys(measured[0]?.cpuMs ?? {});
  const cpuMs = names.map((name) => ({ name, ms: median(measured.map((round) => round.cpuMs[name] ?? 0)) }));
  const parts = cpuMs.map(({ name, ms }) => `${name} ${ms.toFixed(2)}`).join(', ');
  console.log(
    `processor time a payment, ms: ${parts}; sum ${cpuMs.reduce((sum, { ms }) => sum + ms, 0).toFixed(2)}`,
  );
  console.log(`RATIO payments/tpcb ${(rate / yard).toFixed(2)}`);
}

/** The slowest of a hundred, beside that of the yardstick at the same share of its own peak. */
function reportSteadily(rounds: readonly Round[], yards: readonly (readonly number[])[]): void {
  rounds.forEach(reportSteady);
  const all = rounds.flatMap(({ latenciesMs }) => latenciesMs);
  console.log(`at ${steadyShare * 100} % of the peak, all rounds: ${describeLatencies(all)}`);
  for (const latencies of yards) {
    console.log(`TPC-B at ${steadyShare * 100} % of its peak: ${describeLatencies(latencies)}`);
  }
  const slowest = (all: readonly (readonly number[])[]) => median(all.map((one) => percentile(one, 0.99)));
  const payments = slowest(rounds.map(({ latenciesMs }) => latenciesMs));
  console.log(`RATIO payments/tpcb-p99 ${(payments / slowest(yards)).toFixed(2)}`);
  console.log(`RATIO payments/p99-limit ${(percentile(all, 0.99) / p99LimitMs).toFixed(2)}`);
}

function reportSteady(round: Round): void {
  const share = `${steadyShare * 100} % of the peak`;
  const latencies = describeLatencies(round.latenciesMs);
  const cpuMs = Object.values(round.cpuMs).reduce((sum, ms) => sum + ms, 0);
  console.log(
    `at ${share} (${round.rate.toFixed(0)}/s): ${latencies}; refused ${round.refused}; ${cpuMs.toFixed(2)} ms`,
  );
}

function describeLatencies(latenciesMs: readonly number[]): string {
  const at = (share: number) => percentile(latenciesMs, share).toFixed(1);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}

await main();
