/**
 * pgbench's TPC-B-like script with 32 clients: the yardstick that a machine's disk and processor both set.
 */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);

/** As many branches as clients, so that clients do not all wait for one row. */
const scale = 32;
const clients = 32;

/** The yardstick on the server of `url`, or undefined (with a message) when pgbench is not installed. */
export interface Yardstick {
  /** @returns transactions per second over `seconds`. */
  measure(seconds: number): Promise<number>;
  /** @returns the latencies in ms at a steady rate, each from when its transaction was due. */
  measureSteadily(rate: number, seconds: number): Promise<readonly number[]>;
  drop(): Promise<void>;
}

export async function createYardstick(url: string): Promise<Yardstick | undefined> {
  const program = findPgbench();
  if (program === undefined) {
    console.error('pgbench is not installed (Debian: apt-get install postgresql), so there are no ratios.');
    return undefined;
  }
  const name = `bench_tpcb_${process.pid}`;
  const own = new URL(url);
  own.pathname = `/${name}`;
  await onServer(url, `create database ${name}`);
  await run(program, ['-i', '-q', '-s', String(scale), own.href]);
  return {
    async measure(seconds) {
      const options = ['-n', '-c', String(clients), '-j', '2', '-T', String(seconds)];
      const { stdout } = await run(program, [...options, own.href]);
      const tps = /^tps = ([\d.]+)/m.exec(stdout)?.[1];
      if (tps === undefined) throw new Error(`pgbench said no tps: ${stdout}`);
      return Number(tps);
    },
    async measureSteadily(rate, seconds) {
      const folder = await mkdtemp(join(tmpdir(), 'barlink-tpcb-'));
      const log = ['-l', `--log-prefix=${join(folder, 'log')}`];
      const options = ['-n', '-c', String(clients), '-j', '2', '-T', String(seconds), '-R', String(rate)];
      await run(program, [...options, ...log, own.href]);
      const texts = await Promise.all(
        (await readdir(folder)).map((file) => readFile(join(folder, file), 'utf8')),
      );
      await rm(folder, { recursive: true });
      // client, transaction, latency in microseconds, ...
      return texts.flatMap((text) =>
        text
          .trim()
          .split('\n')
          .map((line) => Number(line.split(' ')[2]) / 1000),
      );
    },
    drop: () => onServer(url, `drop database ${name} with (force)`),
  };
}

function findPgbench(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...versions.map((one) => join(debian, one, 'bin')),
  ];
  return folders.map((folder) => join(folder, 'pgbench')).find((file) => existsSync(file));
}

async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
