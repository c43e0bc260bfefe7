import { ProtocolError } from '@barlink/protocol';

/** Codes a {@link CertificateError} carries; spec/certificates.md tells when each one is given. */
export type CertificateErrorCode =
  | 'CERTIFICATE_REQUEST_MALFORMED'
  | 'CERTIFICATE_REQUEST_UNPROVED'
  | 'CERTIFICATE_REQUEST_EXTENSION_FORBIDDEN'
  | 'CERTIFICATE_SUBJECT_MISMATCH'
  | 'CERTIFICATE_NAME_FORBIDDEN'
  | 'CERTIFICATE_KEY_FORBIDDEN'
  | 'CERTIFICATE_KEY_REUSED'
  | 'CERTIFICATE_VALIDITY_INVALID'
  | 'CERTIFICATE_MALFORMED'
  | 'CERTIFICATE_USE_FORBIDDEN'
  | 'CERTIFICATE_ISSUER_UNTRUSTED'
  | 'REVOCATION_LIST_INVALID'
  | 'AUTHORITY_INVALID'
  | 'PKCS12_MALFORMED'
  | 'PKCS12_PASSWORD_WRONG'
  | 'PKCS12_ALGORITHM_UNSUPPORTED'
  | 'PKCS12_KEY_MISSING'
  | 'PKCS12_CERTIFICATE_MISSING';

/** A certificate, request, list or key file that is refused. Callers branch on `code`. */
export class CertificateError extends ProtocolError {
  declare readonly code: CertificateErrorCode;

  constructor(
    code: CertificateErrorCode,
    options: { readonly path?: string; readonly cause?: unknown; readonly detail?: string } = {},
  ) {
    super(code, options.detail === undefined ? texts[code] : `${texts[code]} ${options.detail}`, options);
  }
}

const texts: Record<CertificateErrorCode, string> = {
  CERTIFICATE_REQUEST_MALFORMED: 'This is not a certificate request (PKCS #10 in PEM).',
  CERTIFICATE_REQUEST_UNPROVED: 'The request is not signed with the key it asks a certificate for.',
  CERTIFICATE_REQUEST_EXTENSION_FORBIDDEN: 'A request asks for names only; the profile sets the rest.',
  CERTIFICATE_SUBJECT_MISMATCH: 'The subject is another participant.',
  CERTIFICATE_NAME_FORBIDDEN: 'A name is not the host where the participant is registered.',
  CERTIFICATE_KEY_FORBIDDEN: 'The key is neither EC P-256 or P-384 nor RSA of 2048 to 4096 bits.',
  CERTIFICATE_KEY_REUSED: 'The key signs messages or codes, or has a certificate of another participant.',
  CERTIFICATE_VALIDITY_INVALID: 'The time of the certificate is over, not begun, too long or too short.',
  CERTIFICATE_MALFORMED: 'This is not an X.509 certificate in PEM.',
  CERTIFICATE_USE_FORBIDDEN: 'The certificate is not one of a TLS client.',
  CERTIFICATE_ISSUER_UNTRUSTED: 'No authority that the operator trusts has signed the certificate.',
  REVOCATION_LIST_INVALID: 'This is not a revocation list of the authority, or it is too old.',
  AUTHORITY_INVALID: 'Certificate and key are not those of one authority.',
  PKCS12_MALFORMED: 'This is not a PKCS #12 file.',
  PKCS12_PASSWORD_WRONG: 'The password does not open the file, or the file was changed.',
  PKCS12_ALGORITHM_UNSUPPORTED: 'The file is sealed with an algorithm we do not read.',
  PKCS12_KEY_MISSING: 'The file holds no private key, or more than one.',
  PKCS12_CERTIFICATE_MISSING: 'The file holds no certificate for its private key.',
};
