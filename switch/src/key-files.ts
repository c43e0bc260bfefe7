import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateSigningKey, importJwks, importSigningKey } from '@barlink/signing';
import { ConfigError } from './config-error.ts';
import { createSigningKeys, type DatedSigningKey, findFault, type SigningKeys } from './signing-keys.ts';

/** The secrets of a switch. */
export interface SwitchKeys {
  readonly signingKeys: SigningKeys;
  /** 32 bytes that wrap the vault's data keys. */
  readonly vaultKey: Uint8Array;
}

/**
 * Reads the switch's keys from `<folder>/keys`, making them at the first start. The files are for their owner
 * only; whoever has the vault key and the database has the accounts. A further signing key is put beside the
 * first one, at least 24 hours before it is to be used; running switches find it (`SigningKeys.reload`).
 *
 * @throws {ConfigError} `CONFIG_KEY_INVALID` with the file's path
 */
export async function readSwitchKeys(folder: string, now: Date): Promise<SwitchKeys> {
  const keys = join(folder, 'keys');
  await mkdir(keys, { recursive: true, mode: 0o700 });
  await readOrMake(join(keys, 'switch.json'), async () => {
    const key = await generateSigningKey('ES256');
    return `${JSON.stringify(key.exportPrivateJwk())}\n`;
  });
  const signingKeys = await readSigningKeys(keys);
  if (findFault(signingKeys, now) !== undefined) {
    throw new ConfigError('CONFIG_KEY_INVALID', { path: keys });
  }
  return {
    signingKeys: createSigningKeys(signingKeys, () => readSigningKeys(keys)),
    vaultKey: await readVaultKey(join(keys, 'vault.key')),
  };
}

/** The first key, and those that were added to take over from an instant on: `switch-2027.json`. */
const signingKeyFile = /^switch(?:-[A-Za-z0-9.-]{1,64})?\.json$/;

async function readSigningKeys(folder: string): Promise<readonly DatedSigningKey[]> {
  const names = (await readdir(folder)).filter((name) => signingKeyFile.test(name));
  return Promise.all(names.map((name) => readSigningKey(join(folder, name))));
}

/** A private JWK whose `nbf`, in Unix seconds, tells from when on the switch signs with it. */
async function readSigningKey(path: string): Promise<DatedSigningKey> {
  try {
    const jwk: unknown = JSON.parse(await readFile(path, 'utf8'));
    const key = await importSigningKey(jwk);
    const { nbf } = jwk as { readonly nbf?: unknown };
    const published = await importJwks({ keys: [{ ...key.publicJwk, nbf }] });
    return { key, notBefore: published.get(key.kid)?.notBefore };
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
