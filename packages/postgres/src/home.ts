import { createHash, randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { ServerUser } from './command.ts';
import { findErrorCode, PostgresError } from './errors.ts';
import { isPlainForShell } from './paths.ts';
import { chooseServerUser, findOwnerOf, isEnterable, isRoot } from './server-user.ts';

/** Where one server lives, and as whom it runs. */
export interface Home {
  /** Holds `server/` (data and password), the log and perhaps a copy of the programs. */
  readonly folder: string;
  readonly user: ServerUser | undefined;
}

const LOCATION_FILE = 'location.json';

/**
 * Decides where the data of `dataFolder` lies: in that folder, or, where the server's user cannot work there
 * (a checkout below a 0700 home, read-only, on a file system without owners), in a place of its own.
 * The place is noted in the folder, so that a restart finds the same data.
 */
export async function findHome(dataFolder: string, log: (line: string) => void): Promise<Home> {
  const folder = await createFolder(resolve(dataFolder));
  const remembered = await readLocation(folder.path);
  const fixed = join('barlink', hashOf(folder.path));
  const known = [
    remembered,
    folder.path,
    ...(folder.isWritable ? [] : listBases().map((base) => join(base, fixed))),
  ];
  for (const home of known) {
    if (home !== undefined && (await hasServer(home))) return openHome(home);
  }
  const user = await chooseServerUser();
  if (folder.isWritable && (await isUsable(folder.path, user))) return { folder: folder.path, user };
  const suffix = folder.isWritable ? `-${randomBytes(3).toString('hex')}` : '';
  for (const base of listBases()) {
    const home = join(base, `${fixed}${suffix}`);
    if (!(await isUsable(home, user))) continue;
    if (folder.isWritable) await writeLocation(folder.path, home);
    log(`PostgreSQL cannot work in ${folder.path}; its data lies in ${home}`);
    await reportOlder({ base: join(base, 'barlink'), hash: hashOf(folder.path), home, log });
    return { folder: home, user };
  }
  throw new PostgresError(
    'POSTGRES_FOLDER_UNUSABLE',
    `PostgreSQL (running as ${user?.name ?? 'you'}) can keep its data neither in ${folder.path} nor in ` +
      `${listBases().join(' nor ')}. Give it a folder it can write, or set DATABASE_URL.`,
  );
}

async function openHome(home: string): Promise<Home> {
  const user = await findOwnerOf(join(home, 'server', 'data'));
  if (await isEnterable(join(home, 'server'), user)) return { folder: home, user };
  throw new PostgresError(
    'POSTGRES_FOLDER_UNUSABLE',
    `The data in ${home} exists, but its owner ${user?.name ?? ''} can no longer enter that folder: ` +
      'open the folders above it (chmod o+x), or move the data',
  );
}

async function hasServer(home: string): Promise<boolean> {
  try {
    await stat(join(home, 'server', 'data'));
    return true;
  } catch (error) {
    if (findErrorCode(error) !== 'EACCES') return false;
    throw new PostgresError('POSTGRES_DATA_FOREIGN', `The data in ${home} belongs to another user`, {
      cause: error,
    });
  }
}

/** Bases outside the checkout, the lasting one first. */
function listBases(): readonly string[] {
  if (process.platform === 'win32') return [tmpdir()];
  if (isRoot()) return ['/var/lib', tmpdir()];
  const state = process.env.XDG_STATE_HOME;
  return [state === undefined || state === '' ? join(homedir(), '.local', 'state') : state, tmpdir()];
}

interface CheckedFolder {
  readonly path: string;
  readonly isWritable: boolean;
}

async function createFolder(path: string): Promise<CheckedFolder> {
  try {
    await createOpen(path);
    const probe = await mkdtemp(join(path, 'probe-'));
    await rm(probe, { recursive: true });
    return { path: await realpath(path), isWritable: true };
  } catch {
    return { path: await realpath(path).catch(() => path), isWritable: false };
  }
}

/** Creates the folder. All may enter those it had to make, whatever the umask; the data itself is 0700. */
async function createOpen(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; ; made = dirname(made)) {
    await chmod(made, 0o755);
    if (made === first || made === dirname(made)) return;
  }
}

/** Tries it: a folder given to the server's user must be its own, private, and within its reach. */
async function isUsable(home: string, user: ServerUser | undefined): Promise<boolean> {
  if (!isPlainForShell(home)) return false;
  try {
    await createOpen(home);
    const status = await lstat(home);
    // In a world-writable place such as /tmp somebody else may have taken the name first.
    if (!status.isDirectory()) return false;
    if (process.getuid !== undefined && status.uid !== process.getuid() && home.startsWith(tmpdir()))
      return false;
    const probe = await mkdtemp(join(home, 'probe-'));
    try {
      if (user !== undefined) await chown(probe, user.uid, user.gid);
      await chmod(probe, 0o700);
      const made = await stat(probe);
      const isPrivate = process.platform === 'win32' || (made.mode & 0o777) === 0o700;
      return isPrivate && (user === undefined || made.uid === user.uid) && (await isEnterable(probe, user));
    } finally {
      await rm(probe, { recursive: true, force: true });
    }
  } catch {
    return false;
  }
}

interface Location {
  /** Where the data lies. */
  readonly home: string;
  /** The folder it belongs to: tells a copied checkout from a moved one. */
  readonly folder: string;
}

async function readLocation(folder: string): Promise<string | undefined> {
  const location = await parseLocation(join(folder, LOCATION_FILE));
  if (location === undefined || location.folder === folder) return location?.home;
  const original = await parseLocation(join(location.folder, LOCATION_FILE));
  // The original still points there: this folder is a copy of it, and two networks must not share one ledger.
  return original?.home === location.home ? undefined : location.home;
}

async function parseLocation(path: string): Promise<Location | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof value !== 'object' || value === null || !('home' in value) || !('folder' in value))
      return undefined;
    const { home, folder } = value;
    return typeof home === 'string' && typeof folder === 'string' ? { home, folder } : undefined;
  } catch {
    return undefined;
  }
}

async function writeLocation(folder: string, home: string): Promise<void> {
  const location: Location = { home, folder };
  await writeFile(join(folder, LOCATION_FILE), `${JSON.stringify(location, null, 2)}\n`, { mode: 0o644 });
}

async function reportOlder(options: {
  readonly base: string;
  readonly hash: string;
  readonly home: string;
  readonly log: (line: string) => void;
}): Promise<void> {
  for (const name of await readdir(options.base).catch(() => [])) {
    const path = join(options.base, name);
    if (!name.startsWith(options.hash) || path === options.home) continue;
    options.log(`${path} holds data of an earlier checkout at this place; delete it when nobody needs it`);
  }
}

function hashOf(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 16);
}
