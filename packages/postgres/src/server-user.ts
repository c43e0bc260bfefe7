import { readFile, stat } from 'node:fs/promises';
import { runCommand, type ServerUser } from './command.ts';
import { PostgresError } from './errors.ts';

const PREFERRED_NAMES = ['postgres', '_postgres', 'nobody'];

/** True when this process is root, whom PostgreSQL refuses to serve. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * The user a new server runs as: undefined (this process's own) unless this process is root; then
 * `postgres`, else `nobody`, else any other unprivileged user of this machine.
 *
 * @throws POSTGRES_USER_UNAVAILABLE when no program can run as that user (a container that maps root only).
 */
export async function chooseServerUser(): Promise<ServerUser | undefined> {
  if (!isRoot()) return undefined;
  const users = await listUsers();
  const preferred = PREFERRED_NAMES.map((name) => users.find((user) => user.name === name));
  const user = preferred.find((found) => found !== undefined) ?? users[0] ?? (await askForNobody());
  const trial = await runCommand('/bin/sh', ['-c', 'exit 0'], { user });
  if (trial.exitCode === 0) return user;
  throw new PostgresError(
    'POSTGRES_USER_UNAVAILABLE',
    `PostgreSQL does not run as root, and running it as "${user.name}" (uid ${user.uid}) failed: ` +
      `${trial.output.trim()}. Start Barlink as an unprivileged user, or set DATABASE_URL.`,
  );
}

/** The user that owns existing data, who alone can serve it; undefined when this process is not root. */
export async function findOwnerOf(path: string): Promise<ServerUser | undefined> {
  if (!isRoot()) return undefined;
  const { uid, gid } = await stat(path);
  if (uid === 0) {
    throw new PostgresError(
      'POSTGRES_DATA_FOREIGN',
      `${path} belongs to root, whom PostgreSQL refuses to serve`,
    );
  }
  const users = await listUsers();
  return { uid, gid, name: users.find((user) => user.uid === uid)?.name ?? String(uid) };
}

/** True when the user can enter the folder; asked of the system itself, so that ACLs and mounts count. */
export async function isEnterable(folder: string, user: ServerUser | undefined): Promise<boolean> {
  if (process.platform === 'win32') return true;
  const result = await runCommand('/bin/sh', ['-c', 'cd -- "$0"', folder], { user });
  return result.exitCode === 0;
}

/** True when the system can name the user: initdb refuses to run as somebody without an entry in passwd. */
export async function isNamed(user: ServerUser | undefined): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  const uid = user?.uid ?? process.getuid?.();
  if ((await listUsers()).some((entry) => entry.uid === uid)) return true;
  return (await runCommand('id', ['-un', String(uid)])).exitCode === 0;
}

async function listUsers(): Promise<readonly ServerUser[]> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '');
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid = '', gid = '']) => ({ name, uid: parseId(uid), gid: parseId(gid) }))
    .filter((user) => user.name !== '' && !user.name.startsWith('#') && user.uid > 0 && user.gid > 0);
}

/** Ids may be written as negative numbers (macOS: nobody is -2) and mean their unsigned value. */
function parseId(text: string): number {
  return /^-?\d+$/.test(text) ? Number(text) >>> 0 : 0;
}

async function askForNobody(): Promise<ServerUser> {
  const answer = await runCommand('id', ['-u', 'nobody']);
  const uid = answer.exitCode === 0 ? parseId(answer.output.trim()) : 0;
  return { uid: uid || 65534, gid: uid || 65534, name: 'nobody' };
}
