import { randomUUID } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KeystoreError } from './keystore-error.ts';

/** Windows has no such modes: there the folder's own access list protects the file. */
const hasModes = process.platform !== 'win32';
const forOthers = 0o077;

/**
 * Reads a secret. A file that anybody but its owner may read or write, or that lies in a folder where others
 * may put another in its place, is refused: the secret in it may be known already.
 *
 * @throws {KeystoreError} `KEY_FILE_EXPOSED`, `KEY_FILE_UNREADABLE`
 */
export async function readSecretFile(path: string): Promise<Buffer> {
  try {
    await assertPrivate(path);
    return await readFile(path);
  } catch (cause) {
    throw cause instanceof KeystoreError ? cause : new KeystoreError('KEY_FILE_UNREADABLE', { path, cause });
  }
}

/**
 * Writes a new secret, mode 0600; a folder that is missing is made with 0700. Whoever sees the file sees all
 * of it.
 *
 * @throws {Error} `EEXIST` when the file is there: a secret is never overwritten
 */
export async function writeSecretFile(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomUUID()}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
    // Unlike a rename, a link does not replace what is there.
    await link(draft, path);
  } finally {
    await file.close();
    await unlink(draft);
  }
}

/** Makes a folder for secrets, and closes one that is there to others. */
export async function closeSecretFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  if (hasModes && ((await stat(path)).mode & forOthers) !== 0) {
    await chmod(path, 0o700);
  }
}

async function assertPrivate(path: string): Promise<void> {
  if (!hasModes) {
    return;
  }
  if (((await stat(path)).mode & forOthers) !== 0) {
    throw new KeystoreError('KEY_FILE_EXPOSED', { path });
  }
  const folder = dirname(path);
  const { mode } = await stat(folder);
  // In a sticky folder, as secrets are mounted into containers, others cannot replace a file.
  if ((mode & 0o022) !== 0 && (mode & 0o1000) === 0) {
    throw new KeystoreError('KEY_FILE_EXPOSED', { path: folder });
  }
}
