import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNetwork, type Network, type SwitchProcess, startSwitch } from '@barlink/conformance';
import { findPostgres, type RunningPostgres } from '@barlink/postgres';
import pg from 'pg';
import {
  assertBooksAgree,
  assertOnePaymentEach,
  createChance,
  everythingIsDelivered,
  startCrowd,
  type Wish,
} from './paying-crowd.ts';
import { readChildren } from './processes.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** A switch, its PostgreSQL and its participants in processes that can be hurt, with proxies in between. */
export interface FaultRig {
  readonly network: Network;
  /** Past the proxy: what is really stored. */
  readonly pool: pg.Pool;
  readonly toDatabase: TcpProxy;
  readonly toParticipants: readonly TcpProxy[];
  /** The server's processes, the postmaster first. */
  listServerProcesses(): Promise<readonly number[]>;
  /** Does what whoever watches a server does when it has died. */
  restartServer(): Promise<void>;
  /** Pays under load while `hurt` is done, then checks that nothing is lost, doubled or open. */
  survive(hurt: () => Promise<void>): Promise<Survived>;
  stop(): Promise<void>;
}

/** What the payers and the switch saw meanwhile. */
export interface Survived {
  readonly wishes: readonly Wish[];
  /** Codes of the requests that were not served. */
  readonly refusals: readonly string[];
}

/** The longest a request may take, as the switch of the rig is set. */
const answerDeadlineMs = 4000;
/** A busy machine answers later than it meant to. */
const slackMs = 4000;

const settings = {
  BARLINK_SWEEP_AFTER_MS: '2500',
  BARLINK_ISSUER_DEADLINE_MS: '800',
  BARLINK_INQUIRY_DEADLINE_MS: '400',
  BARLINK_DATABASE_DEADLINE_MS: '1500',
  BARLINK_ANSWER_DEADLINE_MS: String(answerDeadlineMs),
  BARLINK_LOG_LEVEL: 'warn',
};

/** Refusals that a fault below the switch may cause; all say that the sender may come again. */
const passing = ['SWITCH_UNAVAILABLE', 'SWITCH_OVERLOADED', 'SWITCH_DEADLINE_EXCEEDED'];

/** Starts all of it. `dataFolder` puts the data of PostgreSQL elsewhere. */
export async function startFaultRig(options: {
  readonly accounts: readonly string[];
  readonly slow?: RegExp;
  readonly dataFolder?: string;
}): Promise<FaultRig> {
  const folder = await mkdtemp(join(tmpdir(), 'barlink-faults-'));
  const dataFolder = options.dataFolder ?? join(folder, 'postgres');
  const start = (port?: number) => findPostgres({ dataFolder, port, durability: 'full' });
  let server: RunningPostgres = await start();
  const ownUrl = new URL(server.url);
  const port = Number(ownUrl.port);
  const pool = new pg.Pool({ connectionString: server.url, max: 2, query_timeout: 20_000 });
  pool.on('error', () => undefined);
  const toDatabase = await startTcpProxy({ port });
  const proxied = new URL(server.url);
  proxied.port = String(toDatabase.port);
  const running: SwitchProcess = await startSwitch({ folder, port: 0, databaseUrl: proxied.href, settings });
  const toParticipants: TcpProxy[] = [];
  const reach = async (url: string) => {
    const proxy = await startTcpProxy({ port: Number(new URL(url).port) });
    toParticipants.push(proxy);
    return `http://127.0.0.1:${proxy.port}`;
  };
  const network = await createNetwork({ folder, switchUrl: running.url, reach });
  const chance = createChance(Number(process.env.BARLINK_SEED ?? Date.now() % 1_000_000));
  const wishes: Wish[] = [];
  const home = server.home ?? '';
  return {
    network,
    pool,
    toDatabase,
    toParticipants,
    async listServerProcesses() {
      const text = await readFile(join(home, 'server', 'data', 'postmaster.pid'), 'utf8');
      const postmaster = Number(text.split('\n')[0]);
      return [postmaster, ...((await readChildren(postmaster)) ?? [])];
    },
    async restartServer() {
      server = await start(port);
    },
    async survive(hurt) {
      const refusedBefore = (await listRefused(running.logFile)).length;
      const crowd = await startCrowd({ ...options, clients: [network], payers: 8, chance });
      await crowd.answered(20);
      await hurt();
      await crowd.answered(40);
      const paid = await crowd.stop();
      wishes.push(...paid);
      await everythingIsDelivered(pool);
      await assertOnePaymentEach(pool, wishes);
      await assertBooksAgree(pool, network);
      const refused = (await listRefused(running.logFile)).slice(refusedBefore);
      assertRefusedWell(refused);
      return { wishes: paid, refusals: refused.map(({ code = '' }) => code) };
    },
    async stop() {
      await network.close();
      await running.stop();
      await pool.end();
      await toDatabase.close();
      await Promise.all(toParticipants.map((proxy) => proxy.close()));
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Refused {
  readonly code?: string;
  readonly status?: number;
  readonly durationMs?: number;
  readonly msg?: string;
}

/** The requests that the switch's own log calls failed. */
async function listRefused(logFile: string): Promise<readonly Refused[]> {
  const lines = (await readFile(logFile, 'utf8')).split('\n').filter((line) => /^\{.*\}$/.test(line));
  return lines.map((line) => JSON.parse(line) as Refused).filter(({ msg }) => msg === 'request failed');
}

/** Every answer that was no success is a refusal that says to come again, in time, and tells nothing else. */
function assertRefusedWell(refused: readonly Refused[]): void {
  const bad = refused.filter(
    ({ code = '', durationMs = 0, status }) =>
      status !== 503 || !passing.includes(code) || durationMs > answerDeadlineMs + slackMs,
  );
  assert.deepEqual(bad, []);
}
