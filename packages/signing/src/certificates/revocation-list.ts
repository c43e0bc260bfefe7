import { X509Certificate as NodeCertificate, type webcrypto } from 'node:crypto';
import { CertificateError } from './certificate-error.ts';
import { encodeDerInteger, isDer } from './der.ts';
import { decodePem, encodePem } from './pem.ts';
import {
  AuthorityKeyIdentifierExtension,
  Extension,
  X509Certificate,
  X509Crl,
  X509CrlGenerator,
  X509CrlReason,
} from './x509-library.ts';

/** Why a certificate no longer counts (RFC 5280 5.3.1). */
export type RevocationReason = 'unspecified' | 'keyCompromise' | 'superseded' | 'cessationOfOperation';

/** A certificate that no longer counts. */
export interface Revocation {
  /** Hexadecimal. */
  readonly serial: string;
  readonly at: Date;
  readonly reason: RevocationReason;
}

/** A signed list of revoked certificates. */
export interface RevocationList {
  readonly der: Uint8Array;
  /** With the label `X509 CRL`, the only one that OpenSSL and Node read. */
  readonly pem: string;
  readonly issuedAt: Date;
  /** After this instant nobody should rely on it. */
  readonly nextUpdate: Date;
  /** Serial numbers, lower-case hexadecimal. */
  readonly serials: ReadonlySet<string>;
}

const listDaysUsual = 7;
const dayMs = 24 * 60 * 60_000;
const crlNumber = '2.5.29.20';
const signing = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Signs a list (RFC 5280 5), version 2, with its number and the authority's key identifier. */
export async function signRevocationList(options: {
  readonly issuer: X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly revoked: readonly Revocation[];
  readonly number: number;
  readonly now: Date;
  readonly days?: number;
}): Promise<RevocationList> {
  const { issuer, keys, revoked, number, now, days = listDaysUsual } = options;
  const thisUpdate = new Date(Math.floor(now.getTime() / 1000) * 1000);
  const list = await X509CrlGenerator.create({
    issuer: issuer.subjectName,
    thisUpdate,
    nextUpdate: new Date(thisUpdate.getTime() + days * dayMs),
    entries: revoked.map(({ serial, at, reason }) => ({
      serialNumber: serial,
      revocationDate: at,
      // An unspecified reason is left out (RFC 5280 5.3.1).
      ...(reason === 'unspecified' ? {} : { reason: X509CrlReason[reason] }),
    })),
    extensions: [
      await AuthorityKeyIdentifierExtension.create(keys.publicKey),
      new Extension(crlNumber, false, encodeDerInteger(number)),
    ],
    signingAlgorithm: signing,
    signingKey: keys.privateKey,
  });
  return describe(list);
}

/**
 * Reads a list, PEM or DER, and checks that the authority has signed it and that it is not too old.
 *
 * @throws {CertificateError} `REVOCATION_LIST_INVALID`
 */
export async function readRevocationList(
  bytes: Uint8Array,
  options: { readonly authorityPem: string; readonly now: Date },
): Promise<RevocationList> {
  const { list, der } = parseList(bytes);
  const issuer = new NodeCertificate(options.authorityPem);
  const isSigned = await list
    .verify({ publicKey: new X509Certificate(issuer.raw).publicKey })
    .catch(() => false);
  const { nextUpdate } = list;
  if (!isSigned || nextUpdate === undefined || nextUpdate <= options.now) {
    throw new CertificateError('REVOCATION_LIST_INVALID');
  }
  return { ...describe(list), der };
}

function parseList(bytes: Uint8Array): { readonly list: X509Crl; readonly der: Uint8Array } {
  // DER begins with a SEQUENCE, PEM with a hyphen or white space.
  const text = bytes[0] === 0x30 ? '' : Buffer.from(bytes).toString('latin1');
  const der = text === '' ? bytes : decodePem(text, ['X509 CRL', 'CRL'])[0];
  if (der === undefined || !isDer(der)) {
    throw new CertificateError('REVOCATION_LIST_INVALID');
  }
  try {
    const list = new X509Crl(der);
    void [list.nextUpdate, list.entries];
    return { list, der };
  } catch (cause) {
    throw new CertificateError('REVOCATION_LIST_INVALID', { cause });
  }
}

function describe(list: X509Crl): RevocationList {
  const der = new Uint8Array(list.rawData);
  return {
    der,
    pem: encodePem('X509 CRL', der),
    issuedAt: list.thisUpdate,
    nextUpdate: list.nextUpdate ?? list.thisUpdate,
    serials: new Set(list.entries.map(({ serialNumber }) => withoutZeros(serialNumber.toLowerCase()))),
  };
}

function withoutZeros(serial: string): string {
  return serial.replace(/^(?:00)+(?=..)/, '');
}
