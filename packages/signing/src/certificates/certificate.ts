import { createHash, X509Certificate as NodeCertificate } from 'node:crypto';
import { CertificateError } from './certificate-error.ts';
import { keyFormOf, keyThumbprint } from './key-form.ts';
import { hostsOf } from './names.ts';
import { decodePem, encodePem } from './pem.ts';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
} from './x509-library.ts';

/** What the network looks at in a certificate. */
export interface Certificate {
  readonly pem: string;
  /** RFC 8705 `x5t#S256`: base64url SHA-256 of the DER, 43 characters. */
  readonly thumbprint: string;
  /** Lower-case hexadecimal. */
  readonly serial: string;
  /** Common name of the subject; a participant id in certificates of the operator's authority. */
  readonly subject: string;
  readonly issuer: string;
  /** DNS names and addresses it is valid for, lower case. */
  readonly hosts: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** RFC 7638 thumbprint of its public key. */
  readonly keyThumbprint: string;
}

/** RFC 8705 `x5t#S256` of a certificate. */
export function certificateThumbprint(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('base64url');
}

/**
 * A certificate for a TLS client (and server) in PEM; a chain may follow, which is not looked at.
 *
 * @throws {CertificateError} `CERTIFICATE_MALFORMED`, `CERTIFICATE_KEY_FORBIDDEN`,
 * `CERTIFICATE_USE_FORBIDDEN`,
 *   `CERTIFICATE_NAME_FORBIDDEN`
 */
export function readCertificate(text: string): Certificate {
  const { parsed, der } = parseCertificate(text);
  assertForClients(parsed);
  const node = new NodeCertificate(Buffer.from(der));
  keyFormOf(node.publicKey);
  return {
    pem: encodePem('CERTIFICATE', der),
    thumbprint: certificateThumbprint(der),
    serial: parsed.serialNumber.toLowerCase(),
    subject: parsed.subjectName.getField('CN')[0] ?? '',
    issuer: parsed.issuer,
    hosts: hostsOf(parsed.getExtension(SubjectAlternativeNameExtension)?.names.items ?? []),
    notBefore: parsed.notBefore,
    notAfter: parsed.notAfter,
    keyThumbprint: keyThumbprint(node.publicKey),
  };
}

/**
 * The authority among `authorities` (PEM, one or more) that has signed a certificate; its certificate in PEM.
 *
 * @throws {CertificateError} `CERTIFICATE_ISSUER_UNTRUSTED`
 */
export function findIssuer(certificatePem: string, authorities: string): string {
  const certificate = new NodeCertificate(certificatePem);
  const issuer = decodePem(authorities, ['CERTIFICATE'])
    .map((der) => new NodeCertificate(Buffer.from(der)))
    .find((each) => each.ca && certificate.checkIssued(each) && certificate.verify(each.publicKey));
  if (issuer === undefined) {
    throw new CertificateError('CERTIFICATE_ISSUER_UNTRUSTED');
  }
  return issuer.toString();
}

/** The first certificate of a PEM text. @throws {CertificateError} `CERTIFICATE_MALFORMED` */
export function parseCertificate(text: string): {
  readonly parsed: X509Certificate;
  readonly der: Uint8Array;
} {
  const [der] = decodePem(text, ['CERTIFICATE']);
  if (der === undefined) {
    throw new CertificateError('CERTIFICATE_MALFORMED');
  }
  try {
    // Node's reader is the stricter one, and the one that will meet the certificate on the line.
    return {
      der: new Uint8Array(new NodeCertificate(Buffer.from(der)).raw),
      parsed: new X509Certificate(der),
    };
  } catch (cause) {
    throw new CertificateError('CERTIFICATE_MALFORMED', { cause });
  }
}

function assertForClients(certificate: X509Certificate): void {
  const usages = certificate.getExtension(KeyUsagesExtension)?.usages ?? KeyUsageFlags.digitalSignature;
  const extended = certificate.getExtension(ExtendedKeyUsageExtension)?.usages;
  const isAuthority = certificate.getExtension(BasicConstraintsExtension)?.ca === true;
  const isForClients = extended === undefined || extended.includes(ExtendedKeyUsage.clientAuth);
  if (isAuthority || !isForClients || (usages & KeyUsageFlags.digitalSignature) === 0) {
    throw new CertificateError('CERTIFICATE_USE_FORBIDDEN');
  }
}
