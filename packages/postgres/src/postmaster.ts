import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { type Binaries, buildEnvironment } from './binaries.ts';
import { locateParts } from './cluster.ts';
import { runCommand, spawnIdentity } from './command.ts';
import { findErrorCode, PostgresError } from './errors.ts';
import type { Home } from './home.ts';

/** How hard the server keeps what it committed. `relaxed` is for tests: a power cut may lose everything. */
export type Durability = 'full' | 'relaxed';

/** A server process that was found running on a data folder. */
export interface Postmaster {
  readonly processId: number;
  readonly port: number;
}

/** A server process that was just started, and may not answer yet. */
export interface StartedProcess {
  isRunning(): boolean;
}

export interface StartOptions {
  readonly home: Home;
  readonly binaries: Binaries;
  readonly port: number;
  readonly durability: Durability;
}

export interface StopOptions {
  readonly home: Home;
  readonly binaries: Binaries;
  readonly timeoutMs: number;
}

const LOG_BYTES_MAX = 16 * 1024 * 1024;

/**
 * The server running on this data, if one does. A pid file that outlived its server (kill -9, power cut) is
 * told from a living one by asking the system whether that process still is a server of that folder.
 */
export async function findPostmaster(home: string): Promise<Postmaster | undefined> {
  const path = join(locateParts(home).data, 'postmaster.pid');
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (findErrorCode(error) === 'ENOENT') return '';
    throw new PostgresError('POSTGRES_DATA_FOREIGN', `The data in ${home} cannot be read`, { cause: error });
  });
  const [processId = '', folder = '', , port = ''] = text.split('\n');
  if (!/^\d+$/.test(processId) || !/^\d+$/.test(port) || folder === '') return undefined;
  if (await isServerOf(Number(processId), folder))
    return { processId: Number(processId), port: Number(port) };
  // PostgreSQL itself would refuse to start while some other process has that id now.
  if (isAlive(Number(processId))) await rm(path, { force: true });
  return undefined;
}

/** Starts a server in a session of its own: neither Ctrl-C nor the end of this process takes it along. */
export async function startProcess(options: StartOptions): Promise<StartedProcess> {
  const { home, binaries } = options;
  const parts = locateParts(home.folder);
  await rotateLog(parts.log);
  const log = await open(parts.log, 'a', 0o600);
  const child = spawn(join(binaries.binFolder, 'postgres'), listParameters(parts.data, options), {
    ...spawnIdentity(home.user),
    env: buildEnvironment(binaries),
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  child.once('error', () => undefined);
  child.unref();
  await log.close();
  return { isRunning: () => child.pid !== undefined && !hasEnded(child) };
}

/**
 * Stops the server of this data: open transactions are rolled back, what was committed is kept.
 *
 * @throws POSTGRES_STOP_FAILED when it still runs after that time.
 */
export async function stopProcess(options: StopOptions): Promise<void> {
  const { home, binaries, timeoutMs } = options;
  const { data } = locateParts(home.folder);
  const parameters = [
    'stop',
    '-D',
    data,
    '-m',
    'fast',
    '-w',
    '-s',
    '-t',
    String(Math.ceil(timeoutMs / 1000)),
  ];
  const result = await runCommand(join(binaries.binFolder, 'pg_ctl'), parameters, {
    user: home.user,
    environment: buildEnvironment(binaries),
    timeoutMs: timeoutMs + 10_000,
  });
  if (result.exitCode === 0 || (await findPostmaster(home.folder)) === undefined) return;
  throw new PostgresError(
    'POSTGRES_STOP_FAILED',
    `pg_ctl could not stop the server: ${result.output.trim()}`,
  );
}

/** The last lines of the server's log: what it said before it gave up. */
export async function readLogTail(home: string): Promise<string> {
  const text = await readFile(locateParts(home).log, 'utf8').catch(() => '');
  return text.trim().split('\n').slice(-12).join('\n');
}

/** A TCP port of 127.0.0.1 that nobody listens on right now. */
export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

function listParameters(data: string, options: StartOptions): readonly string[] {
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(options.port),
    max_connections: '200',
    timezone: 'UTC',
    log_timezone: 'UTC',
    password_encryption: 'scram-sha-256',
    shared_buffers: `${sharedBuffersMb()}MB`,
    // Checkpoints by time, not by amount: after each one every page is written whole into the log once more.
    max_wal_size: '4GB',
    // All log files are used again: while one is made, 16 MB of it, every commit waits.
    min_wal_size: '4GB',
  };
  if (process.platform !== 'win32') settings.unix_socket_directories = '';
  if (options.durability === 'relaxed') {
    settings.fsync = 'off';
    settings.synchronous_commit = 'off';
    settings.full_page_writes = 'off';
  }
  return ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** An eighth of the memory, from 128 MB, PostgreSQL's own choice, to 1 GB. */
function sharedBuffersMb(): number {
  return Math.max(128, Math.min(1024, Math.floor(totalmem() / 8 / 2 ** 20)));
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function rotateLog(path: string): Promise<void> {
  const size = await stat(path).then(
    (status) => status.size,
    () => 0,
  );
  if (size > LOG_BYTES_MAX) await rename(path, `${path}.1`);
}

async function isServerOf(processId: number, folder: string): Promise<boolean> {
  if (!isAlive(processId)) return false;
  if (process.platform === 'win32') return true;
  const proc = await readFile(`/proc/${processId}/cmdline`, 'utf8').catch(() => '');
  if (proc !== '') return proc.split('\0').includes(folder);
  const shown = await runCommand('ps', ['-ww', '-o', 'command=', '-p', String(processId)]);
  // Where neither shows command lines, believe the pid file: the server itself guards its data once more.
  return shown.exitCode === 0 ? shown.output.includes(folder) : shown.exitCode === undefined;
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return findErrorCode(error) === 'EPERM';
  }
}
