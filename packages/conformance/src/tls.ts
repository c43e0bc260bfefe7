import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TlsOptions } from '@barlink/sdk';
import {
  type Authority,
  createAuthority,
  createCertificateRequest,
  generateTlsKey,
  openAuthority,
  verifyCertificateRequest,
} from '@barlink/signing/certificates';
import { readSecretFile, writeSecretFile } from '@barlink/signing/keystore';

/** Everybody of the demonstration network is on this machine. */
const hosts = ['127.0.0.1'];

/**
 * Makes the operator's authority and the certificates that a switch needs to start with mutual TLS; gives its
 * settings, by the names of its environment variables. What is there is kept.
 */
export async function prepareTls(folder: string): Promise<Readonly<Record<string, string>>> {
  await openFolderAuthority(folder);
  await loadTls(folder, 'barlink-switch');
  await loadTls(folder, 'operator');
  const authority = filesOf(folder, 'authority');
  const own = filesOf(folder, 'barlink-switch');
  return {
    BARLINK_TLS: 'mutual',
    BARLINK_TLS_CERT_FILE: own.cert,
    BARLINK_TLS_KEY_FILE: own.key,
    BARLINK_TLS_CA_FILE: authority.cert,
    BARLINK_CA_CERT_FILE: authority.cert,
    BARLINK_CA_KEY_FILE: authority.key,
    BARLINK_OPERATOR_CERT_FILE: filesOf(folder, 'operator').cert,
  };
}

/** A participant's side of mutual TLS, kept in the folder; a certificate is issued when there is none yet. */
export async function loadTls(folder: string, participantId: string): Promise<TlsOptions> {
  const authority = await openFolderAuthority(folder);
  const files = filesOf(folder, participantId);
  if (!existsSync(files.cert)) {
    const privateKeyPem = generateTlsKey();
    const request = await createCertificateRequest({ participantId, hosts, privateKeyPem });
    const { publicKey } = await verifyCertificateRequest(request);
    const certificate = await authority.issue({ participantId, hosts, publicKey, now: new Date() });
    await writeSecretFile(files.key, privateKeyPem);
    await writeFile(files.cert, certificate.pem);
  }
  const key = (await readSecretFile(files.key)).toString('utf8');
  return { cert: readFileSync(files.cert, 'utf8'), key, ca: authority.certificatePem };
}

async function openFolderAuthority(folder: string): Promise<Authority> {
  const files = filesOf(folder, 'authority');
  if (!existsSync(files.cert)) {
    const made = await createAuthority({ name: 'Barlink demonstration CA', now: new Date() });
    await writeSecretFile(files.key, made.privateKeyPem);
    await writeFile(files.cert, made.certificatePem);
  }
  const privateKeyPem = (await readSecretFile(files.key)).toString('utf8');
  return openAuthority({ certificatePem: readFileSync(files.cert, 'utf8'), privateKeyPem });
}

function filesOf(folder: string, name: string): { readonly cert: string; readonly key: string } {
  return { cert: join(folder, 'tls', `${name}.cert.pem`), key: join(folder, 'tls', `${name}.key.pem`) };
}
