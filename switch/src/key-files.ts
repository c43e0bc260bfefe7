import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { generateSigningKey, importJwks, importSigningKey, type SigningKey } from '@barlink/signing';
import { type Authority, openAuthority } from '@barlink/signing/certificates';
import {
  closeSecretFolder,
  KeystoreError,
  openTokenKey,
  readSecretFile,
  writeSecretFile,
} from '@barlink/signing/keystore';
import type { TlsConfig, TokenConfig } from './config.ts';
import { ConfigError } from './config-error.ts';
import { createSigningKeys, type DatedSigningKey, findFault, type SigningKeys } from './signing-keys.ts';

/** The secrets of a switch. */
export interface SwitchKeys {
  readonly signingKeys: SigningKeys;
  /** 32 bytes that wrap the vault's data keys. */
  readonly vaultKey: Uint8Array;
  /** Issues certificates; absent where the operator issues them elsewhere. */
  readonly authority?: Authority | undefined;
  /** The vault key before this one, while keys it wrapped may be left. */
  readonly formerVaultKey?: Uint8Array;
}

/**
 * Reads the switch's keys from `<folder>/keys`, making them at the first start. The files are for their owner
 * only; whoever has the vault key and the database has the accounts. A further signing key is put beside the
 * first one, at least 24 hours before it is to be used; running switches find it (`SigningKeys.reload`). With
 * a token the signing key is there, and no file holds one.
 *
 * @throws {ConfigError} `CONFIG_KEY_INVALID` with the file's path
 * @throws {KeystoreError} any code
 */
export async function readSwitchKeys(
  folder: string,
  options: { readonly now: Date; readonly token?: TokenConfig | undefined; readonly tls?: TlsConfig },
): Promise<SwitchKeys> {
  const keys = join(folder, 'keys');
  await closeSecretFolder(keys);
  const { now, token, tls } = options;
  const formerVaultKey = await readFormerVaultKey(join(keys, 'vault-former.key'));
  return {
    ...(formerVaultKey === undefined ? {} : { formerVaultKey }),
    signingKeys: token === undefined ? await openFileKeys(keys, now) : await openTokenKeys(token),
    vaultKey: await readVaultKey(join(keys, 'vault.key')),
    authority: await readAuthority(tls),
  };
}

async function openFileKeys(keys: string, now: Date): Promise<SigningKeys> {
  await readOrMake(join(keys, 'switch.json'), async () => {
    const key = await generateSigningKey('ES256');
    return `${JSON.stringify(key.exportPrivateJwk())}\n`;
  });
  const signingKeys = await readSigningKeys(keys);
  if (findFault(signingKeys, now) !== undefined) {
    throw new ConfigError('CONFIG_KEY_INVALID', { path: keys });
  }
  return createSigningKeys(signingKeys, () => readSigningKeys(keys));
}

async function openTokenKeys(token: TokenConfig): Promise<SigningKeys> {
  return createSigningKeys([{ key: await readTokenKey(token), notBefore: undefined }]);
}

async function readTokenKey({ pinFile, ...token }: TokenConfig): Promise<SigningKey> {
  const pin = (await readSecretFile(pinFile)).toString('utf8').trim();
  return openTokenKey({ ...token, pin });
}

async function readAuthority(tls: TlsConfig | undefined): Promise<Authority | undefined> {
  if (tls?.authorityCertFile === undefined || tls.authorityKeyFile === undefined) {
    return undefined;
  }
  const privateKeyPem = (await readSecretFile(tls.authorityKeyFile)).toString('utf8');
  try {
    return await openAuthority({
      certificatePem: await readFile(tls.authorityCertFile, 'utf8'),
      privateKeyPem,
    });
  } catch (cause) {
    throw new ConfigError('CONFIG_KEY_INVALID', { path: tls.authorityCertFile, cause });
  }
}

/** The vault key before this one, when somebody has put it there: what it wrapped is wrapped anew. */
async function readFormerVaultKey(path: string): Promise<Uint8Array | undefined> {
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  return isThere ? parseVaultKey((await readSecretFile(path)).toString('utf8'), path) : undefined;
}

/** The first key, and those that were added to take over from an instant on: `switch-2027.json`. */
const signingKeyFile = /^switch(?:-[A-Za-z0-9.-]{1,64})?\.json$/;

async function readSigningKeys(folder: string): Promise<readonly DatedSigningKey[]> {
  const names = (await readdir(folder)).filter((name) => signingKeyFile.test(name));
  return Promise.all(names.map((name) => readSigningKey(join(folder, name))));
}

/** A private JWK whose `nbf`, in Unix seconds, tells from when on the switch signs with it. */
async function readSigningKey(path: string): Promise<DatedSigningKey> {
  const text = (await readSecretFile(path)).toString('utf8');
  try {
    const jwk: unknown = JSON.parse(text);
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
  return parseVaultKey(text, path);
}

function parseVaultKey(text: string, path: string): Uint8Array {
  const key = Buffer.from(text.trim(), 'base64url');
  if (key.length !== 32) {
    throw new ConfigError('CONFIG_KEY_INVALID', { path });
  }
  return key;
}

/** Of two processes that start together one makes the file, whole; the other one reads it. */
async function readOrMake(path: string, make: () => Promise<string>): Promise<string> {
  try {
    return (await readSecretFile(path)).toString('utf8');
  } catch (error) {
    const { cause } = error as { readonly cause?: { readonly code?: unknown } };
    if (!(error instanceof KeystoreError) || cause?.code !== 'ENOENT') {
      throw error;
    }
  }
  try {
    await writeSecretFile(path, await make());
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EEXIST') {
      throw error;
    }
  }
  return (await readSecretFile(path)).toString('utf8');
}
