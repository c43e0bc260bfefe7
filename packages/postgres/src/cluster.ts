import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Binaries, buildEnvironment } from './binaries.ts';
import { runCommand } from './command.ts';
import { findErrorCode, PostgresError } from './errors.ts';
import type { Home } from './home.ts';
import { isNamed } from './server-user.ts';

/** The superuser and the database every server of ours has. */
export const SERVER_NAME = 'barlink';

/** Paths of a server's parts. */
export function locateParts(home: string) {
  const server = join(home, 'server');
  return {
    server,
    data: join(server, 'data'),
    password: join(server, 'password'),
    log: join(home, 'server.log'),
  } as const;
}

/** Major version the data was made with; undefined when there is no data yet. */
export async function findDataVersion(home: string): Promise<number | undefined> {
  try {
    const text = await readFile(join(locateParts(home).data, 'PG_VERSION'), 'utf8');
    return Number.parseInt(text, 10);
  } catch (error) {
    const code = findErrorCode(error);
    if (code === 'ENOENT') return undefined;
    throw new PostgresError('POSTGRES_DATA_FOREIGN', `The data in ${home} cannot be read (${code})`, {
      cause: error,
    });
  }
}

/**
 * Makes an empty cluster with a password of its own. Two starters at once each make one in a folder of
 * their own; the first to rename it into place wins and the other's is thrown away.
 *
 * @throws POSTGRES_INIT_FAILED with what initdb or the file system said.
 */
export async function createCluster(home: Home, binaries: Binaries): Promise<void> {
  const draft = await mkdtemp(join(home.folder, 'server-draft-'));
  try {
    await chmod(draft, 0o755);
    const password = randomBytes(24).toString('base64url');
    await writeFile(join(draft, 'password'), password, { mode: 0o600 });
    await initialize({ draft, password, home, binaries });
    await rename(draft, locateParts(home.folder).server);
    await syncFolder(home.folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another starter was faster: its cluster is there, whole, and is used.
    if ((await findDataVersion(home.folder)) !== undefined) return;
    if (error instanceof PostgresError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new PostgresError('POSTGRES_INIT_FAILED', `No cluster could be made in ${home.folder}: ${reason}`, {
      cause: error,
    });
  }
}

async function initialize(job: {
  readonly draft: string;
  readonly password: string;
  readonly home: Home;
  readonly binaries: Binaries;
}): Promise<void> {
  const { draft, home, binaries } = job;
  const { user } = home;
  // initdb makes the data folder itself only in a folder it may write: hand it one that is already its own.
  const data = join(draft, 'data');
  const passwordFile = join(draft, 'initial-password');
  await writeFile(passwordFile, `${job.password}\n`, { mode: 0o600 });
  await mkdir(data, { mode: 0o700 });
  if (user !== undefined) await chown(data, user.uid, user.gid);
  if (user !== undefined) await chown(passwordFile, user.uid, user.gid);
  const parameters = ['-D', data, '-U', SERVER_NAME, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`];
  parameters.push('--encoding=UTF8', '--no-locale', '--data-checksums');
  const program = join(binaries.binFolder, 'initdb');
  // In a user namespace where it is called nobody, initdb accepts a user whom passwd does not name.
  const isWrapped = !(await isNamed(user));
  const result = isWrapped
    ? await runCommand('unshare', ['--user', '--map-user=65534', program, ...parameters], {
        user,
        environment: buildEnvironment(binaries),
      })
    : await runCommand(program, parameters, { user, environment: buildEnvironment(binaries) });
  await rm(passwordFile, { force: true });
  if (result.exitCode === 0) return;
  throw new PostgresError(
    'POSTGRES_INIT_FAILED',
    `initdb (${program}, as ${user?.name ?? 'the current user'}) failed: ${result.output.trim()}`,
  );
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}
