import { CertificateError } from './certificate-error.ts';
import { isDer } from './der.ts';
import { importKeyPair, keyFormOf, keyThumbprint, readPrivateKey, readPublicKey } from './key-form.ts';
import { alternativeNames, hostsOf, participantUri } from './names.ts';
import { decodePem, encodePem } from './pem.ts';
import {
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
} from './x509-library.ts';

/** What a request asks a certificate for. */
export interface RequestOptions {
  readonly participantId: string;
  /** Where its receiver answers: DNS names or addresses. Empty for one that only sends. */
  readonly hosts: readonly string[];
  /** PKCS #8 in PEM; see `generateTlsKey`. Never the key that signs messages. */
  readonly privateKeyPem: string;
}

/** A request whose sender has shown that it holds the key. */
export interface VerifiedRequest {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** RFC 7638 thumbprint of the key. */
  readonly keyThumbprint: string;
  /** Common name, `undefined` when the request leaves it to the operator. */
  readonly subject: string | undefined;
  readonly hosts: readonly string[];
}

const requestBytesMax = 8192;
const subjectAlternativeName = '2.5.29.17';

/**
 * A certificate request (PKCS #10, RFC 2986) in PEM, signed with the key it is for.
 *
 * @throws {CertificateError} `CERTIFICATE_KEY_FORBIDDEN`
 */
export async function createCertificateRequest(options: RequestOptions): Promise<string> {
  const { participantId, hosts, privateKeyPem } = options;
  const privateKey = readPrivateKey(privateKeyPem);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [participantId] }],
    keys: await importKeyPair(privateKey),
    signingAlgorithm: keyFormOf(privateKey),
    extensions: [new SubjectAlternativeNameExtension(alternativeNames(participantId, hosts))],
  });
  return encodePem('CERTIFICATE REQUEST', new Uint8Array(request.rawData));
}

/**
 * Reads a request and checks that its sender holds the key (spec/certificates.md 3).
 *
 * @throws {CertificateError} `CERTIFICATE_REQUEST_MALFORMED`, `CERTIFICATE_KEY_FORBIDDEN`,
 *   `CERTIFICATE_REQUEST_UNPROVED`, `CERTIFICATE_REQUEST_EXTENSION_FORBIDDEN`, `CERTIFICATE_NAME_FORBIDDEN`
 */
export async function verifyCertificateRequest(text: string): Promise<VerifiedRequest> {
  const request = parseRequest(text);
  const publicKey = new Uint8Array(request.publicKey.rawData);
  const key = readPublicKey(publicKey);
  const form = keyFormOf(key);
  const { hash } = request.signatureAlgorithm;
  const isStrong = hash !== undefined && /^SHA-(?:256|384|512)$/.test(hash.name);
  const isOneWay = form.name !== 'ECDSA' || isDer(new Uint8Array(request.signature));
  if (!isStrong || !isOneWay || !(await request.verify().catch(() => false))) {
    throw new CertificateError('CERTIFICATE_REQUEST_UNPROVED');
  }
  const subjects = request.subjectName.getField('CN');
  if (subjects.length > 1) {
    throw new CertificateError('CERTIFICATE_SUBJECT_MISMATCH', { detail: 'There are two common names.' });
  }
  return {
    publicKey,
    keyThumbprint: keyThumbprint(key),
    subject: subjects[0],
    hosts: hostsAskedFor(request),
  };
}

/**
 * Checks that a request asks for what is registered, and nothing else (spec/certificates.md 3.4 to 3.6).
 *
 * @throws {CertificateError} `CERTIFICATE_SUBJECT_MISMATCH`, `CERTIFICATE_NAME_FORBIDDEN`,
 *   `CERTIFICATE_KEY_REUSED`
 */
export function assertRequestFits(
  request: VerifiedRequest,
  registered: {
    readonly participantId: string;
    readonly hosts: readonly string[];
    /** Kids of signing keys, and thumbprints of keys in certificates of others. */
    readonly otherKeys: ReadonlySet<string>;
  },
): void {
  if (request.subject !== undefined && request.subject !== registered.participantId) {
    throw new CertificateError('CERTIFICATE_SUBJECT_MISMATCH');
  }
  for (const host of request.hosts) {
    if (!registered.hosts.includes(host)) {
      throw new CertificateError('CERTIFICATE_NAME_FORBIDDEN', { detail: `${host} is not registered.` });
    }
  }
  if (registered.otherKeys.has(request.keyThumbprint)) {
    throw new CertificateError('CERTIFICATE_KEY_REUSED');
  }
}

function parseRequest(text: string): Pkcs10CertificateRequest {
  const [der, second] = decodePem(text, ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST']);
  if (der === undefined || second !== undefined || der.length > requestBytesMax || !isDer(der)) {
    throw new CertificateError('CERTIFICATE_REQUEST_MALFORMED');
  }
  try {
    const request = new Pkcs10CertificateRequest(der);
    // What the library reads on demand is read here, so that a broken part is a refusal and not a fault.
    void [request.subjectName, request.extensions, request.publicKey.rawData];
    return request;
  } catch (cause) {
    throw new CertificateError('CERTIFICATE_REQUEST_MALFORMED', { cause });
  }
}

function hostsAskedFor(request: Pkcs10CertificateRequest): readonly string[] {
  const foreign = request.extensions.find(({ type }) => type !== subjectAlternativeName);
  if (foreign !== undefined || request.extensions.length > 1) {
    throw new CertificateError('CERTIFICATE_REQUEST_EXTENSION_FORBIDDEN');
  }
  const [names] = request.extensions;
  const items = names instanceof SubjectAlternativeNameExtension ? names.names.items : [];
  const subject = request.subjectName.getField('CN')[0];
  for (const { type, value } of items) {
    if (type === 'url' && (subject === undefined || value !== participantUri(subject))) {
      throw new CertificateError('CERTIFICATE_NAME_FORBIDDEN', { detail: `${value} is not the subject.` });
    }
  }
  return hostsOf(items);
}
