import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  webcrypto,
} from 'node:crypto';
import { CertificateError } from './certificate-error.ts';

/** What a key is to the web cryptography that certificates are signed with. */
export type KeyForm = { readonly name: string; readonly namedCurve?: string; readonly hash: string };

const curves: Readonly<Record<string, KeyForm>> = {
  prime256v1: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  secp384r1: { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
};
const rsaBitsMin = 2048;
const rsaBitsMax = 4096;

/**
 * The form of a key that a certificate may hold (spec/certificates.md 1.3).
 *
 * @throws {CertificateError} `CERTIFICATE_KEY_FORBIDDEN`
 */
export function keyFormOf(key: KeyObject): KeyForm {
  const { namedCurve = '', modulusLength = 0, publicExponent } = key.asymmetricKeyDetails ?? {};
  const curve = key.asymmetricKeyType === 'ec' ? curves[namedCurve] : undefined;
  if (curve !== undefined) {
    return curve;
  }
  const isRsa = key.asymmetricKeyType === 'rsa' && modulusLength >= rsaBitsMin && modulusLength <= rsaBitsMax;
  if (!isRsa || publicExponent !== 65537n) {
    throw new CertificateError('CERTIFICATE_KEY_FORBIDDEN');
  }
  return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
}

/** A new EC P-256 private key, PKCS #8 in PEM. It is for TLS and for nothing else. */
export function generateTlsKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

/** Both halves of a private key as web cryptography takes them. */
export async function importKeyPair(privateKey: KeyObject): Promise<webcrypto.CryptoKeyPair> {
  const form = keyFormOf(privateKey);
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return {
    privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, form, false, ['sign']),
    publicKey: await webcrypto.subtle.importKey('spki', spki, form, true, ['verify']),
  };
}

/** The key of a PEM text. @throws {CertificateError} `CERTIFICATE_KEY_FORBIDDEN` */
export function readPrivateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new CertificateError('CERTIFICATE_KEY_FORBIDDEN', { cause, detail: 'It cannot be read.' });
  }
}

/**
 * The key of a SubjectPublicKeyInfo in its one spelling: DER, the curve by its name (RFC 5480 section 2.1.1),
 * the point uncompressed. Libraries also read a curve that is spelled out, and do not all check it alike.
 *
 * @throws {CertificateError} `CERTIFICATE_KEY_FORBIDDEN`
 */
export function readPublicKey(spki: Uint8Array): KeyObject {
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    const plain = createPublicKey({ key: key.export({ format: 'jwk' }), format: 'jwk' });
    if (plain.export({ format: 'der', type: 'spki' }).equals(spki)) {
      return key;
    }
  } catch (cause) {
    throw new CertificateError('CERTIFICATE_KEY_FORBIDDEN', { cause });
  }
  throw new CertificateError('CERTIFICATE_KEY_FORBIDDEN', { detail: 'It is not in its one spelling.' });
}

/**
 * RFC 7638 thumbprint of a public key: the same text as the `kid` of a signing key, so that one key used for
 * both is seen.
 */
export function keyThumbprint(key: KeyObject): string {
  const { crv, e, kty, n, x, y } = key.export({ format: 'jwk' });
  const members = kty === 'RSA' ? { e, kty, n } : { crv, kty, x, ...(y === undefined ? {} : { y }) };
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
}
