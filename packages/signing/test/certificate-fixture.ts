import { createPublicKey } from 'node:crypto';
import {
  type Authority,
  type Certificate,
  createAuthority,
  createCertificateRequest,
  generateTlsKey,
  openAuthority,
  verifyCertificateRequest,
} from '@barlink/signing/certificates';

export const now = new Date('2026-11-23T10:00:00.500Z');

/** An operator's authority. */
export async function makeAuthority(): Promise<Authority> {
  return openAuthority(await createAuthority({ name: 'Test operator CA', now }));
}

/** A certificate issued for a request, with its key. */
export async function makeCertificate(
  authority: Authority,
  { participantId = 'bank-north', hosts = ['bank.example', '127.0.0.1'], days = 90, at = now } = {},
): Promise<{ readonly certificate: Certificate; readonly privateKeyPem: string }> {
  const privateKeyPem = generateTlsKey();
  const request = await createCertificateRequest({ participantId, hosts, privateKeyPem });
  const { publicKey } = await verifyCertificateRequest(request);
  const revocationListUrl = 'http://switch.example/v1/crl';
  const certificate = await authority.issue({
    participantId,
    hosts,
    publicKey,
    now: at,
    days,
    revocationListUrl,
  });
  return { certificate, privateKeyPem };
}

/** SubjectPublicKeyInfo of a private key. */
export function publicKeyOf(privateKeyPem: string): Uint8Array {
  return createPublicKey(privateKeyPem).export({ format: 'der', type: 'spki' });
}
