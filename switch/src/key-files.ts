import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateSigningKey, importSigningKey, type SigningKey } from '@barlink/signing';
import { ConfigError } from './config-error.ts';

/** The secrets of a switch. */
export interface SwitchKeys {
  readonly signingKey: SigningKey;
  /** 32 bytes that wrap the vault's data keys. */
  readonly vaultKey: Uint8Array;
}

/**
 * Reads the switch's keys from `<folder>/keys`, making them at the first start. The files are for their owner
 * only; whoever has the vault key and the database has the accounts.
 *
 * @throws {ConfigError} `CONFIG_KEY_INVALID` with the file's path
 */
export async function readSwitchKeys(folder: string): Promise<SwitchKeys> {
  const keys = join(folder, 'keys');
  await mkdir(keys, { recursive: true, mode: 0o700 });
  return {
    signingKey: await readSigningKey(join(keys, 'switch.json')),
    vaultKey: await readVaultKey(join(keys, 'vault.key')),
  };
}

async function readSigningKey(path: string): Promise<SigningKey> {
  const text = await readOrMake(path, async () => {
    const key = await generateSigningKey('ES256');
    return `${JSON.stringify(key.exportPrivateJwk())}\n`;
  });
  try {
    return await importSigningKey(JSON.parse(text));
  } catch (cause) {
    throw new ConfigError('CONFIG_KEY_INVALID', { path, cause });
  }
}

async function readVaultKey(path: string): Promise<Uint8Array> {
  const text = await readOrMake(path, async () => `${randomBytes(32).toString('base64url')}\n`);
  const key = Buffer.from(text.trim(), 'base64url');
  if (key.length !== 32) {
    throw new ConfigError('CONFIG_KEY_INVALID', { path });
  }
  return key;
}

/** `wx` lets one of two processes that start together make the file; the other one reads it. */
async function readOrMake(path: string, make: () => Promise<string>): Promise<string> {
  try {
    await writeFile(path, await make(), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EEXIST') {
      throw error;
    }
  }
  return readFile(path, 'utf8');
}
