import { execFileSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const libraries = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
];

/** What this machine lacks for a software token; `undefined` when nothing. */
export function missingForSoftToken(): string | undefined {
  try {
    createRequire(import.meta.url)('pkcs11js');
  } catch {
    return 'the optional npm package pkcs11js is not built here';
  }
  return libraries.some((path) => existsSync(path)) ? undefined : 'softhsm2 is not installed here';
}

/**
 * A token of SoftHSM with one EC P-256 key pair. Its settings are in the environment of this process, where
 * the library reads them once: a process that has opened a token opens no other one.
 */
export function makeSoftToken(options: {
  readonly token: string;
  readonly key: string;
  readonly pin: string;
}): {
  readonly library: string;
  /** The public key in the token. */
  readonly publicJwk: Readonly<Record<string, unknown>>;
  /** Settings for another process that is to use the token. */
  readonly environment: Readonly<Record<string, string>>;
  remove(): void;
} {
  const library = libraries.find((path) => existsSync(path)) ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'barlink-token-'));
  mkdirSync(join(folder, 'tokens'));
  const settings = join(folder, 'softhsm2.conf');
  writeFileSync(settings, `directories.tokendir = ${join(folder, 'tokens')}\nobjectstore.backend = file\n`);
  const environment = { SOFTHSM2_CONF: settings };
  Object.assign(process.env, environment);
  const { token, key, pin } = options;
  const pins = ['--pin', pin, '--so-pin', '0000'];
  const file = join(folder, 'key.pem');
  const run = (command: string, ...parts: string[]) =>
    execFileSync(command, parts, { stdio: 'pipe', env: { ...process.env, ...environment } });
  run('softhsm2-util', '--init-token', '--free', '--label', token, ...pins);
  run('openssl', 'genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', file);
  const place = ['--token', token, '--label', key, '--id', '01', '--pin', pin];
  run('softhsm2-util', '--import', file, ...place);
  const publicJwk = createPublicKey(readFileSync(file)).export({ format: 'jwk' });
  return { library, publicJwk, environment, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
