import {
  createPublicKey,
  X509Certificate as NodeCertificate,
  randomBytes,
  type webcrypto,
} from 'node:crypto';
import { type Certificate, parseCertificate, readCertificate } from './certificate.ts';
import { CertificateError } from './certificate-error.ts';
import { generateTlsKey, importKeyPair, keyThumbprint, readPrivateKey } from './key-form.ts';
import { type NameConstraints, nameConstraintsExtension } from './name-constraints.ts';
import { alternativeNames } from './names.ts';
import { encodePem } from './pem.ts';
import { type Revocation, type RevocationList, signRevocationList } from './revocation-list.ts';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CRLDistributionPointsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from './x509-library.ts';

/** What a new authority is. */
export interface CreateAuthorityOptions {
  /** Common name, for example `Barlink operator CA`. */
  readonly name: string;
  readonly now: Date;
  /** Ten when absent, 30 at the most. */
  readonly years?: number;
  /** Where the hosts of its certificates must lie; anywhere when absent. */
  readonly constraints?: NameConstraints;
}

/** What a certificate is issued for. */
export interface IssueOptions {
  readonly participantId: string;
  /** DNS names and addresses of its receiver. With none of them it is a client's certificate only. */
  readonly hosts: readonly string[];
  /** SubjectPublicKeyInfo, DER, of a request that was verified. */
  readonly publicKey: Uint8Array;
  readonly now: Date;
  /** 90 when absent, 397 at the most. */
  readonly days?: number;
  /** Where the revocation list is published. */
  readonly revocationListUrl?: string | undefined;
}

/**
 * The operator's authority: it signs certificates of participants, and the list of those that are revoked.
 */
export interface Authority {
  /** Its own certificate: what everybody trusts. */
  readonly certificatePem: string;
  readonly notAfter: Date;
  /** @throws {CertificateError} `CERTIFICATE_VALIDITY_INVALID`, `CERTIFICATE_KEY_FORBIDDEN` */
  issue(options: IssueOptions): Promise<Certificate>;
  /** A list of everything revoked; `number` grows with each list. */
  signRevocationList(options: {
    readonly revoked: readonly Revocation[];
    readonly number: number;
    readonly now: Date;
    readonly days?: number;
  }): Promise<RevocationList>;
}

/** Longest validity of a participant's certificate, in days. */
export const certificateDaysMax = 397;
const certificateDaysUsual = 90;
/** A clock that is this much slow still takes a new certificate. */
const backdatedMs = 5 * 60_000;
const dayMs = 24 * 60 * 60_000;
const signing = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/**
 * A new authority: an EC P-256 key and a certificate signed with it (spec/certificates.md 1.1).
 *
 * @throws {CertificateError} `CERTIFICATE_VALIDITY_INVALID`
 */
export async function createAuthority(
  options: CreateAuthorityOptions,
): Promise<{ readonly certificatePem: string; readonly privateKeyPem: string }> {
  const { name, now, years = 10, constraints } = options;
  if (!Number.isInteger(years) || years < 1 || years > 30) {
    throw new CertificateError('CERTIFICATE_VALIDITY_INVALID', { path: '/years' });
  }
  const privateKeyPem = generateTlsKey();
  const keys = await importKeyPair(readPrivateKey(privateKeyPem));
  const notAfter = new Date(now);
  notAfter.setUTCFullYear(now.getUTCFullYear() + years);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: randomBytes(16).toString('hex'),
    name: [{ CN: [name] }],
    notBefore: wholeSeconds(now.getTime() - backdatedMs),
    notAfter: wholeSeconds(notAfter.getTime()),
    keys,
    signingAlgorithm: signing,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      ...(constraints === undefined ? [] : [nameConstraintsExtension(constraints)]),
    ],
  });
  return { certificatePem: pemOf(certificate), privateKeyPem };
}

/**
 * An authority from its certificate and its private key.
 *
 * @throws {CertificateError} `AUTHORITY_INVALID`, `CERTIFICATE_MALFORMED`, `CERTIFICATE_KEY_FORBIDDEN`
 */
export async function openAuthority(options: {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}): Promise<Authority> {
  const { parsed, der } = parseCertificate(options.certificatePem);
  const privateKey = readPrivateKey(options.privateKeyPem);
  const node = new NodeCertificate(Buffer.from(der));
  const isPair = keyThumbprint(node.publicKey) === keyThumbprint(createPublicKey(privateKey));
  if (!isPair || !node.ca || privateKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new CertificateError('AUTHORITY_INVALID');
  }
  const keys = await importKeyPair(privateKey);
  return {
    certificatePem: pemOf(parsed),
    notAfter: parsed.notAfter,
    issue: (wanted) => issue({ parsed, keys }, wanted),
    signRevocationList: (list) => signRevocationList({ ...list, issuer: parsed, keys }),
  };
}

interface Opened {
  readonly parsed: X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

async function issue({ parsed, keys }: Opened, options: IssueOptions): Promise<Certificate> {
  const { participantId, publicKey, now, days = certificateDaysUsual } = options;
  const notAfter = wholeSeconds(now.getTime() + days * dayMs);
  if (!Number.isInteger(days) || days < 1 || days > certificateDaysMax || notAfter > parsed.notAfter) {
    throw new CertificateError('CERTIFICATE_VALIDITY_INVALID', { path: '/days' });
  }
  const certificate = await X509CertificateGenerator.create({
    serialNumber: randomBytes(16).toString('hex'),
    subject: [{ CN: [participantId] }],
    issuer: parsed.subjectName,
    notBefore: wholeSeconds(now.getTime() - backdatedMs),
    notAfter,
    publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: signing,
    extensions: await participantExtensions(options, keys),
  });
  return readCertificate(pemOf(certificate));
}

/** spec/certificates.md 1.2. */
async function participantExtensions(
  { participantId, hosts, publicKey, revocationListUrl }: IssueOptions,
  keys: webcrypto.CryptoKeyPair,
): Promise<Extension[]> {
  const { clientAuth, serverAuth } = ExtendedKeyUsage;
  const usages = hosts.length === 0 ? [clientAuth] : [clientAuth, serverAuth];
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension(usages),
    await SubjectKeyIdentifierExtension.create(publicKey),
    await AuthorityKeyIdentifierExtension.create(keys.publicKey),
    new SubjectAlternativeNameExtension(alternativeNames(participantId, hosts)),
    ...(revocationListUrl === undefined ? [] : [new CRLDistributionPointsExtension([revocationListUrl])]),
  ];
}

function pemOf(certificate: X509Certificate): string {
  return encodePem('CERTIFICATE', new Uint8Array(certificate.rawData));
}

/** Certificates have no fractions of a second. */
function wholeSeconds(timeMs: number): Date {
  return new Date(Math.floor(timeMs / 1000) * 1000);
}
