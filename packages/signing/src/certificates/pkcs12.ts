import { createPrivateKey, type KeyObject, X509Certificate as NodeCertificate } from 'node:crypto';
import forge from 'node-forge';
import { CertificateError } from './certificate-error.ts';
import { keyFormOf } from './key-form.ts';
import { encodePem } from './pem.ts';

/** What a PKCS #12 file held. */
export interface ImportedKey {
  /** PKCS #8 in PEM, unencrypted: for a file that only its owner reads. */
  readonly privateKeyPem: string;
  /** The certificate of that key. */
  readonly certificatePem: string;
  /** Its issuers, as far as the file has them, nearest first. */
  readonly chainPem: readonly string[];
}

/**
 * Opens a PKCS #12 file (.p12, .pfx) as banks hold them: RSA or EC keys, sealed with AES (PBES2), 3DES or
 * RC2.
 *
 * @throws {CertificateError} `PKCS12_MALFORMED`, `PKCS12_PASSWORD_WRONG`, `PKCS12_ALGORITHM_UNSUPPORTED`,
 *   `PKCS12_KEY_MISSING`, `PKCS12_CERTIFICATE_MISSING`, `CERTIFICATE_KEY_FORBIDDEN`
 */
export function importPkcs12(bytes: Uint8Array, password: string): ImportedKey {
  const file = openFile(bytes, password);
  const keys = [oids.pkcs8ShroudedKeyBag, oids.keyBag].flatMap((type) => bagsOf(file, type)).map(readKey);
  const [key, second] = keys;
  if (key === undefined || second !== undefined) {
    throw new CertificateError('PKCS12_KEY_MISSING');
  }
  keyFormOf(key);
  const certificates = bagsOf(file, oids.certBag).map(readCertificateBag);
  const own = certificates.find((certificate) => certificate.checkPrivateKey(key));
  if (own === undefined) {
    throw new CertificateError('PKCS12_CERTIFICATE_MISSING');
  }
  return {
    privateKeyPem: key.export({ format: 'pem', type: 'pkcs8' }).toString(),
    certificatePem: pemOf(own),
    chainPem: issuersOf(own, certificates).map(pemOf),
  };
}

const oids = {
  pkcs8ShroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  keyBag: '1.2.840.113549.1.12.10.1.1',
  certBag: '1.2.840.113549.1.12.10.1.3',
} as const;

function openFile(bytes: Uint8Array, password: string): forge.pkcs12.Pkcs12Pfx {
  let asn1: forge.asn1.Asn1;
  try {
    asn1 = forge.asn1.fromDer(forge.util.createBuffer(Buffer.from(bytes).toString('binary')));
  } catch (cause) {
    throw new CertificateError('PKCS12_MALFORMED', { cause });
  }
  const isPlain = Buffer.from(password, 'latin1').toString('utf8') === password;
  try {
    return forge.pkcs12.pkcs12FromAsn1(asn1, password);
  } catch (cause) {
    if (!isPlain && isSealError(cause)) {
      return openInUtf8(asn1, password);
    }
    throw new CertificateError(codeOf(cause), { cause });
  }
}

/**
 * PBES2 takes a password in UTF-8 (RFC 8018), the MAC and the older seals take it in UTF-16 (RFC 7292 B.1);
 * forge takes one text for both. The MAC was right when the seal was not, so here only the seal is left.
 */
function openInUtf8(file: forge.asn1.Asn1, password: string): forge.pkcs12.Pkcs12Pfx {
  const withoutMac = { ...file, value: (file.value as forge.asn1.Asn1[]).slice(0, 2) };
  try {
    return forge.pkcs12.pkcs12FromAsn1(withoutMac, Buffer.from(password, 'utf8').toString('binary'));
  } catch (cause) {
    throw new CertificateError(codeOf(cause), { cause });
  }
}

function isSealError(cause: unknown): boolean {
  return cause instanceof Error && /decrypt/i.test(cause.message) && !/MAC/.test(cause.message);
}

/** forge tells its failures apart by their texts only. */
function codeOf(
  cause: unknown,
): 'PKCS12_PASSWORD_WRONG' | 'PKCS12_ALGORITHM_UNSUPPORTED' | 'PKCS12_MALFORMED' {
  const text = cause instanceof Error ? cause.message : '';
  if (/wrong password|invalid password|MAC could not be verified|decrypt/i.test(text)) {
    return 'PKCS12_PASSWORD_WRONG';
  }
  return /unsupported|unknown.*(?:oid|algorithm|MAC)/i.test(text)
    ? 'PKCS12_ALGORITHM_UNSUPPORTED'
    : 'PKCS12_MALFORMED';
}

function bagsOf(file: forge.pkcs12.Pkcs12Pfx, bagType: string): readonly forge.pkcs12.Bag[] {
  return file.getBags({ bagType })[bagType] ?? [];
}

/** forge reads RSA keys only; what it cannot read it leaves as ASN.1, which is PKCS #8 that Node reads. */
function readKey(bag: forge.pkcs12.Bag): KeyObject {
  const asn1 = bag.key ? forge.pki.wrapRsaPrivateKey(forge.pki.privateKeyToAsn1(bag.key)) : bag.asn1;
  try {
    return createPrivateKey({ key: derOf(asn1), format: 'der', type: 'pkcs8' });
  } catch (cause) {
    throw new CertificateError('CERTIFICATE_KEY_FORBIDDEN', { cause });
  }
}

function readCertificateBag(bag: forge.pkcs12.Bag): NodeCertificate {
  try {
    return new NodeCertificate(derOf(bag.cert ? forge.pki.certificateToAsn1(bag.cert) : bag.asn1));
  } catch (cause) {
    throw new CertificateError('PKCS12_MALFORMED', { cause });
  }
}

function derOf(asn1: forge.asn1.Asn1): Buffer {
  return Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'binary');
}

function issuersOf(own: NodeCertificate, all: readonly NodeCertificate[]): readonly NodeCertificate[] {
  const chain: NodeCertificate[] = [];
  for (let at: NodeCertificate | undefined = own; at !== undefined && chain.length < 8; ) {
    const child: NodeCertificate = at;
    at = all.find((each) => each !== child && !chain.includes(each) && child.checkIssued(each));
    if (at !== undefined) {
      chain.push(at);
    }
  }
  return chain;
}

function pemOf(certificate: NodeCertificate): string {
  return encodePem('CERTIFICATE', certificate.raw);
}
