import { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { decodePem, readRevocationList } from '@barlink/signing/certificates';
import { readSecretFile } from '@barlink/signing/keystore';
import type { TlsConfig } from './config.ts';
import { ConfigError } from './config-error.ts';

/** What the operator has put into files for TLS; PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  /** Revocation lists made elsewhere, each by one of the authorities. */
  readonly lists: readonly string[];
}

/**
 * Reads and checks the files; `undefined` when none are set.
 *
 * @throws {ConfigError} `CONFIG_KEY_INVALID`, its path naming the file
 * @throws {KeystoreError} `KEY_FILE_EXPOSED`, `KEY_FILE_UNREADABLE`
 */
export async function readTlsFiles(config: TlsConfig, now: Date): Promise<TlsFiles | undefined> {
  const { certFile, keyFile, caFile, crlFile } = config;
  if (certFile === undefined || keyFile === undefined || caFile === undefined) {
    return undefined;
  }
  const key = (await readSecretFile(keyFile)).toString('utf8');
  const cert = await readText(certFile);
  const ca = await readText(caFile);
  await attempt(keyFile, async () => createSecureContext({ cert, key }));
  await attempt(caFile, async () => createSecureContext({ ca }));
  const lists = crlFile === undefined ? [] : await readLists(crlFile, { ca, now });
  return { cert, key, ca, lists };
}

/** Calls `onChange` when any of the files was written; a process looks every `everyMs`. */
export function watchTlsFiles(
  config: TlsConfig,
  options: { readonly everyMs: number; readonly onChange: () => void },
): { stop(): void } {
  const paths = [config.certFile, config.keyFile, config.caFile, config.crlFile].filter(
    (path) => path !== undefined,
  );
  const look = async () => {
    const times = await Promise.all(
      paths.map((path) =>
        stat(path).then(
          ({ mtimeMs }) => mtimeMs,
          () => 0,
        ),
      ),
    );
    return times.join();
  };
  let seen: string | undefined;
  const timer = setInterval(async () => {
    const now = await look();
    if (seen !== undefined && seen !== now) {
      options.onChange();
    }
    seen = now;
  }, options.everyMs);
  timer.unref();
  void look().then((first) => {
    seen ??= first;
  });
  return { stop: () => clearInterval(timer) };
}

/** Every list must be of an authority we trust, and of now: an old one would refuse everybody. */
async function readLists(path: string, { ca, now }: { ca: string; now: Date }): Promise<readonly string[]> {
  const text = await readText(path);
  const blocks = text.match(/-----BEGIN X509 CRL-----[\s\S]+?-----END X509 CRL-----/g) ?? [];
  const authorities = decodePem(ca, ['CERTIFICATE']).map((der) => new X509Certificate(der).toString());
  return attempt(path, () =>
    Promise.all(
      blocks.map((block) =>
        Promise.any(
          authorities.map((authorityPem) => readRevocationList(Buffer.from(block), { authorityPem, now })),
        ).then(({ pem }) => pem),
      ),
    ),
  );
}

async function readText(path: string): Promise<string> {
  return attempt(path, () => readFile(path, 'utf8'));
}

async function attempt<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new ConfigError('CONFIG_KEY_INVALID', { path, cause });
  }
}
