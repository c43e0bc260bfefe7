import { readdir } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { runCommand, type ServerUser } from './command.ts';
import { copyPackage, findEmbeddedPackage, linkLibraries } from './embedded.ts';
import { isPlainForShell, isReadable } from './paths.ts';

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

/** What the programs run with: plain locale, their own libraries, none of the caller's PG settings. */
export function buildEnvironment(binaries: Pick<Binaries, 'libFolder'>): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG|LANGUAGE$|TZ$)/.test(name));
  const environment: NodeJS.ProcessEnv = { ...Object.fromEntries(kept), LC_ALL: 'C', LANG: 'C', TZ: 'UTC' };
  if (binaries.libFolder !== undefined && process.platform !== 'win32') {
    const variable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
    // A library path set for other software must not put its libcrypto or ICU before this server's own.
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
  if (isPlainForShell(inPlace) && (await linkLibraries(found.folder))) {
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
