/**
 * A small network that pays for real: what `bench:payments` and `bench:history` load and measure. A payment
 * here: request signed, sent, verified; token, code and route looked up; amount reserved and the request
 * recorded (first durable commit); issuer asked over HTTP, signed both ways; posted and recorded with the
 * outbox (second durable commit); answer signed and verified; acquirer told over HTTP.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { createAcquirer, createOperator, createWallet, SdkError } from '@barlink/sdk';
import { generateSigningKey, importSigningKey } from '@barlink/signing';
import pg from 'pg';
import { untilLogIsWhole } from './log-whole.ts';
import type { PartiesReady } from './payments-parties.ts';
import { readChildrenCpuMs, readCpuMs, readParent } from './processor-time.ts';

/** Payments in flight at once. */
export const callers = Number(process.env.BENCH_CALLERS ?? 192);
/** Processes of the switch: one a processor of the machine that is measured on. */
const workers = process.env.BARLINK_WORKERS ?? '2';
const tokensMade = 200;
const codesMade = 50;

/** One way to send a payment. @returns the state it ended in. */
export type Pay = () => Promise<string>;

export interface Round {
  readonly rate: number;
  /** Processor time a payment in ms, by process. */
  readonly cpuMs: Readonly<Record<string, number>>;
  readonly latenciesMs: readonly number[];
  /** How many the switch refused because it had too much to do. */
  readonly refused: number;
}

/** Makes an empty database on a server that writes durably. @returns its url. */
export async function createDatabase(url: string, name = 'bench_payments'): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`drop database if exists ${name} with (force)`);
  await client.query(`create database ${name}`);
  const { rows } = await client.query<{ fsync: string; synchronous_commit: string }>(
    "select current_setting('fsync') as fsync, current_setting('synchronous_commit') as synchronous_commit",
  );
  await client.end();
  if (rows[0]?.fsync !== 'on' || rows[0].synchronous_commit !== 'on') {
    throw new Error('the server does not write durably: fsync and synchronous_commit must be on');
  }
  const own = new URL(url);
  own.pathname = `/${name}`;
  return own.href;
}

/** A switch, a bank and an acquirer in processes of their own, and a wallet here that pays. */
export async function startNetwork({ folder, databaseUrl }: { folder: string; databaseUrl: string }) {
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
  const parties = fork(new URL('./payments-parties.ts', import.meta.url));
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
    switchUrl,
    pay,
    /** For a load generator that signs before it sends. */
    wallet: { switchUrl, participantId: 'wallet-jade', key: walletKey, codes, tokens },
    pids: { switch: child.pid ?? 0, participants: parties.pid ?? 0, 'load generator': process.pid },
    async assertBalanced() {
      const positions = await operator.positions();
      const sum = positions.reduce((total, position) => total + position.net, 0n);
      console.log(`positions sum to ${sum}`);
      if (sum !== 0n) {
        throw new Error('money was made or lost');
      }
      await untilLogIsWhole(databaseUrl);
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
    env: { ...process.env, ...environment, BARLINK_LOG_LEVEL: 'error', BARLINK_WORKERS: workers },
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
export async function load(pay: Pay, options: { seconds: number; clock: CpuClock }): Promise<Round> {
  const endsAt = performance.now() + options.seconds * 1000;
  return measure(pay, options.clock, async (payOnce) => {
    await Promise.all(
      Array.from({ length: callers }, async () => {
        while (performance.now() < endsAt) await payOnce(performance.now());
      }),
    );
  });
}

/** The steady load comes to a process that did something else; so long it is not counted. */
const leadSeconds = 1;

/** How often the generator looks what is due; looking each millisecond took 5 % of a processor. */
const lookEveryMs = 4;

/**
 * Sends payments at a steady rate, whether earlier ones have ended or not. A payment's time counts from when
 * it was due, so that waiting behind others is in it. What is due in the first second is not counted.
 */
export async function loadSteadily(
  pay: Pay,
  options: { rate: number; seconds: number; clock: CpuClock },
): Promise<Round> {
  const startsAt = performance.now();
  const total = Math.floor(options.rate * (leadSeconds + options.seconds));
  const lead = Math.floor(options.rate * leadSeconds);
  return measure(pay, options.clock, async (payOnce) => {
    const under: Promise<void>[] = [];
    while (under.length < total) {
      const due = Math.min(total, Math.floor(((performance.now() - startsAt) * options.rate) / 1000) + 1);
      while (under.length < due) {
        const dueAt = startsAt + (under.length * 1000) / options.rate;
        under.push(payOnce(dueAt, under.length >= lead));
      }
      await delay(lookEveryMs);
    }
    await Promise.all(under);
  });
}

/** Counts payments, their times and the processor's while `run` pays. */
async function measure(
  pay: Pay,
  clock: CpuClock,
  run: (payOnce: (dueAt: number, isCounted?: boolean) => Promise<void>) => Promise<void>,
): Promise<Round> {
  const latenciesMs: number[] = [];
  let captured = 0;
  let refused = 0;
  const startedAt = performance.now();
  const cpuBefore = await clock();
  await run(async (dueAt, isCounted = true) => {
    const state = await pay().catch(stateOfRefusal);
    if (state === 'refused') {
      refused += 1;
    } else if (state !== 'captured') {
      throw new Error(`a payment ended ${state}`);
    } else {
      captured += 1;
      if (isCounted) latenciesMs.push(performance.now() - dueAt);
    }
  });
  const tookMs = performance.now() - startedAt;
  const cpuAfter = await clock();
  const perPayment = (name: string) => ((cpuAfter[name] ?? 0) - (cpuBefore[name] ?? 0)) / captured;
  return {
    rate: (captured / tookMs) * 1000,
    cpuMs: Object.fromEntries(Object.keys(cpuAfter).map((name) => [name, perPayment(name)])),
    latenciesMs,
    refused,
  };
}

/** Admission refuses, unsigned, what finds no room (spec/guards.md 1); anything else ends the run. */
function stateOfRefusal(error: unknown): string {
  if (error instanceof SdkError && error.code === 'SWITCH_UNREACHABLE' && error.status === 503) {
    return 'refused';
  }
  throw error;
}

export type CpuClock = () => Promise<Record<string, number>>;

/** Reads how much processor time each part has used; the database's when it is a server on this machine. */
export async function createCpuClock(
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

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The value that so large a share of the values does not pass: 0.99 for the slowest of a hundred. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}
