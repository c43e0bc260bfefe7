/**
 * Complete payments beside pgbench TPC-B (32 clients) on the same server in the same run: `npm run
 * bench:payments`.
 *
 * A payment here: request signed, sent, verified; token, code and route looked up; amount reserved and the
 * request recorded (first durable commit); issuer asked over HTTP, signed both ways; posted and recorded with
 * the outbox (second durable commit); answer signed and verified; acquirer told over HTTP. Switch,
 * PostgreSQL, participants and load generator share the processors. DATABASE_URL names another server;
 * BENCH_SECONDS, BENCH_CALLERS, BENCH_ROUNDS, BENCH_WARMUP_SECONDS change the run; BENCH_PROFILE=1 leaves a
 * processor profile of the switch in .barlink/profiles.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findPostgres } from '@barlink/postgres';
import { createAcquirer, createOperator, createWallet } from '@barlink/sdk';
import { generateSigningKey, importSigningKey } from '@barlink/signing';
import pg from 'pg';
import type { PartiesReady } from './payments-parties.ts';
import { readChildrenCpuMs, readCpuMs, readParent } from './processor-time.ts';
import { createYardstick } from './tpcb.ts';

const seconds = Number(process.env.BENCH_SECONDS ?? 8);
const callers = Number(process.env.BENCH_CALLERS ?? 64);
// A fresh process spends a tenth of its time compiling; this long it takes until that is over.
const warmupSeconds = Number(process.env.BENCH_WARMUP_SECONDS ?? 20);
const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const tokensMade = 200;
const codesMade = 50;

/** One way to send a payment. */
type Pay = () => Promise<string>;

interface Round {
  readonly rate: number;
  /** Processor time a payment in ms, by process. */
  readonly cpuMs: Readonly<Record<string, number>>;
  readonly latenciesMs: readonly number[];
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'barlink-bench-'));
  const server = await findPostgres({
    url: process.env.DATABASE_URL,
    dataFolder: '.barlink/bench',
    durability: 'full',
    log: console.log,
  });
  const databaseUrl = await createDatabase(server.url);
  const network = await startNetwork({ folder, databaseUrl });
  const clock = await createCpuClock(databaseUrl, network.pids);
  try {
    const yardstick = await createYardstick(server.url);
    const yards: number[] = [];
    const measured: Round[] = [];
    await load(network.pay, { seconds: warmupSeconds, clock });
    for (let round = 0; round < rounds; round += 1) {
      yards.push((await yardstick?.measure(seconds)) ?? Number.NaN);
      measured.push(await load(network.pay, { seconds, clock }));
    }
    yards.push((await yardstick?.measure(seconds)) ?? Number.NaN);
    await yardstick?.drop();
    report(measured, yards);
    await network.assertBalanced();
  } finally {
    await network.stop();
    await server.stop();
    await rm(folder, { recursive: true });
  }
}

async function createDatabase(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('drop database if exists bench_payments with (force)');
  await client.query('create database bench_payments');
  const { rows } = await client.query<{ fsync: string; synchronous_commit: string }>(
    "select current_setting('fsync') as fsync, current_setting('synchronous_commit') as synchronous_commit",
  );
  await client.end();
  if (rows[0]?.fsync !== 'on' || rows[0].synchronous_commit !== 'on') {
    throw new Error('the server does not write durably: fsync and synchronous_commit must be on');
  }
  const own = new URL(url);
  own.pathname = '/bench_payments';
  return own.href;
}

async function startNetwork({ folder, databaseUrl }: { folder: string; databaseUrl: string }) {
  const operatorKey = await generateSigningKey('ES256');
  const operatorJwkFile = join(folder, 'operator.json');
  await writeFile(operatorJwkFile, JSON.stringify(operatorKey.publicJwk));
  const { child, url: switchUrl } = await startSwitch({
    DATABASE_URL: databaseUrl,
    BARLINK_FOLDER: folder,
    BARLINK_PORT: '0',
    BARLINK_OPERATOR_JWK_FILE: operatorJwkFile,
  });
  const { keys: switchKeys } = (await (await fetch(`${switchUrl}/v1/keys`)).json()) as { keys: object[] };
  const parties = fork(new URL('./payments-parties.ts', import.meta.url), { execArgv: ['--import=tsx'] });
  parties.send({ switchUrl, switchKeys });
  const [ready] = (await once(parties, 'message')) as [PartiesReady];

  const common = { switchUrl, switchKeys };
  const operator = createOperator({ ...common, participantId: 'operator', key: operatorKey });
  const walletKey = await generateSigningKey('ES256');
  const wallet = createWallet({ ...common, participantId: 'wallet-jade', key: walletKey });
  const acquirerKey = await importSigningKey(ready.acquirer.key);
  const codeKey = await importSigningKey(ready.acquirer.codeKey);
  const acquirer = createAcquirer({ ...common, participantId: 'acquirer-east', key: acquirerKey, codeKey });
  const messages = (jwk: object) => ({ jwk, use: 'messages' as const });
  const netDebitCaps = [{ currency: 'CNY', minor: 9_000_000_000_000n }];
  const member = { netDebitCaps, url: 'http://127.0.0.1:1' };
  await operator.register({
    ...member,
    participantId: 'bank-north',
    name: 'Bank North',
    number: '000011',
    roles: ['issuer'],
    url: ready.bank.url,
    keys: [messages(ready.bank.key)],
  });
  await operator.register({
    ...member,
    participantId: 'wallet-jade',
    name: 'Jade Wallet',
    number: '000021',
    roles: ['wallet'],
    keys: [messages(walletKey.publicJwk)],
  });
  await operator.register({
    ...member,
    participantId: 'acquirer-east',
    name: 'Acquirer East',
    number: '000031',
    roles: ['acquirer'],
    url: ready.acquirer.url,
    keys: [messages(acquirerKey.publicJwk), { jwk: codeKey.publicJwk, use: 'codes' }],
  });

  const merchant = { id: 'TEA-1', name: 'Jade Tea House', city: 'Hangzhou', category: '5814', country: 'CN' };
  const codes: string[] = [];
  for (let made = 0; made < codesMade; made += 1) {
    codes.push((await acquirer.createCode({ merchant, mode: 'static', currency: 'CNY' })).text);
  }
  const tokens: string[] = [];
  for (let made = 0; made < tokensMade; made += 1) {
    const account = `62220210011162${String(made).padStart(5, '0')}`;
    tokens.push((await wallet.createToken({ issuer: 'bank-north', account })).tokenId);
  }
  let sent = 0;
  const pay: Pay = async () => {
    sent += 1;
    const payload = codes[sent % codesMade] ?? '';
    const tokenId = tokens[sent % tokensMade] ?? '';
    return (await wallet.pay({ payload, tokenId, amount: { currency: 'CNY', minor: 100n } })).state;
  };
  return {
    pay,
    pids: { switch: child.pid ?? 0, participants: parties.pid ?? 0, 'load generator': process.pid },
    async assertBalanced() {
      const positions = await operator.positions();
      const sum = positions.reduce((total, position) => total + position.net, 0n);
      console.log(`positions sum to ${sum}`);
      if (sum !== 0n) {
        throw new Error('money was made or lost');
      }
    },
    async stop() {
      await Promise.all([wallet.close(), acquirer.close(), operator.close()]);
      child.kill('SIGTERM');
      parties.send('stop');
      await Promise.all([ended(child), ended(parties)]);
    },
  };
}

async function startSwitch(
  environment: Record<string, string>,
): Promise<{ child: ChildProcess; url: string }> {
  const profiling =
    process.env.BENCH_PROFILE === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir=.barlink/profiles'];
  const child = spawn(process.execPath, [...profiling, 'switch/dist/main.js'], {
    env: { ...process.env, ...environment, BARLINK_LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^barlink-switch ready on (\S+)$/.exec(line)?.[1];
    if (url !== undefined) {
      child.stdout.resume();
      return { child, url };
    }
  }
  throw new Error('the switch did not start');
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    await once(child, 'exit');
  }
}

/** Keeps `callers` payments in flight for a while. */
async function load(pay: Pay, options: { seconds: number; clock: CpuClock }): Promise<Round> {
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  const endsAt = startedAt + options.seconds * 1000;
  const cpuBefore = await options.clock();
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() < endsAt) {
        const sentAt = performance.now();
        const state = await pay();
        if (state !== 'captured') {
          throw new Error(`a payment ended ${state}`);
        }
        latenciesMs.push(performance.now() - sentAt);
      }
    }),
  );
  const tookMs = performance.now() - startedAt;
  const cpuAfter = await options.clock();
  const perPayment = (name: string) => ((cpuAfter[name] ?? 0) - (cpuBefore[name] ?? 0)) / latenciesMs.length;
  return {
    rate: (latenciesMs.length / tookMs) * 1000,
    cpuMs: Object.fromEntries(Object.keys(cpuAfter).map((name) => [name, perPayment(name)])),
    latenciesMs,
  };
}

type CpuClock = () => Promise<Record<string, number>>;

/** Reads how much processor time each part has used; the database's when it is a server on this machine. */
async function createCpuClock(
  databaseUrl: string,
  pids: Readonly<Record<string, number>>,
): Promise<CpuClock> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const postmaster = await readParent(rows[0]?.pid ?? 0);
  await client.end();
  return async () => {
    const times = Object.entries(pids).map(async ([name, pid]) => {
      // The workers of a switch are its children; the load generator's are measured by themselves.
      const workers = name === 'switch' ? await readChildrenCpuMs(pid) : 0;
      return [name, (await readCpuMs(pid)) + workers] as const;
    });
    const database = postmaster === undefined ? 0 : await readChildrenCpuMs(postmaster);
    return { ...Object.fromEntries(await Promise.all(times)), database };
  };
}

function report(measured: readonly Round[], yards: readonly number[]): void {
  const latencies = measured.flatMap((round) => round.latenciesMs).sort((a, b) => a - b);
  const at = (share: number) => (latencies[Math.floor(latencies.length * share)] ?? 0).toFixed(1);
  const rate = median(measured.map((round) => round.rate));
  const yard = median(yards);
  console.log(`payments/s by round: ${measured.map((round) => round.rate.toFixed(0)).join(', ')}`);
  console.log(`TPC-B (32 clients)/s by round: ${yards.map((value) => value.toFixed(0)).join(', ')}`);
  console.log(`latency with ${callers} in flight: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
  const names = Object.keys(measured[0]?.cpuMs ?? {});
  const cpuMs = names.map((name) => ({ name, ms: median(measured.map((round) => round.cpuMs[name] ?? 0)) }));
  const parts = cpuMs.map(({ name, ms }) => `${name} ${ms.toFixed(2)}`).join(', ');
  console.log(
    `processor time a payment, ms: ${parts}; sum ${cpuMs.reduce((sum, { ms }) => sum + ms, 0).toFixed(2)}`,
  );
  console.log(`RATIO payments/tpcb ${(rate / yard).toFixed(2)}`);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

await main();
