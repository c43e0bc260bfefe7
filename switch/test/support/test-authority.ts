import {
  type Authority,
  type Certificate,
  createAuthority,
  createCertificateRequest,
  generateTlsKey,
  openAuthority,
  verifyCertificateRequest,
} from '@barlink/signing/certificates';
import { Agent, fetch as undiciFetch } from 'undici';
import type { TlsFiles } from '../../src/tls-files.ts';

/** A certificate with its private key. */
export interface TlsIdentity {
  readonly certificate: Certificate;
  readonly key: string;
}

/** An operator's authority for a test. */
export async function makeAuthority(name = 'Test operator CA'): Promise<Authority> {
  return openAuthority(await createAuthority({ name, now: new Date() }));
}

/** A certificate for an id, as `barlink ca issue` makes it. */
export async function issueFor(
  authority: Authority,
  participantId: string,
  { days = 90, now = new Date() } = {},
): Promise<TlsIdentity> {
  const key = generateTlsKey();
  const hosts = ['127.0.0.1'];
  const request = await createCertificateRequest({ participantId, hosts, privateKeyPem: key });
  const { publicKey } = await verifyCertificateRequest(request);
  return { certificate: await authority.issue({ participantId, hosts, publicKey, now, days }), key };
}

/** What a switch or participant with this identity puts into its TLS options. */
export function tlsOf(identity: TlsIdentity, authority: Authority): TlsFiles {
  return { cert: identity.certificate.pem, key: identity.key, ca: authority.certificatePem, lists: [] };
}

/** `fetch` over TLS with a certificate, on connections of its own. */
export function fetchWith(
  identity: TlsIdentity | undefined,
  authority: Authority,
): { readonly fetch: typeof globalThis.fetch; close(): Promise<void> } {
  const shown = identity === undefined ? {} : { cert: identity.certificate.pem, key: identity.key };
  const dispatcher = new Agent({ connections: 1, connect: { ...shown, ca: authority.certificatePem } });
  const carried = (url: string, init: object) => undiciFetch(url, { ...init, dispatcher });
  return {
    fetch: carried as unknown as typeof globalThis.fetch,
    close: () => dispatcher.destroy(),
  };
}
