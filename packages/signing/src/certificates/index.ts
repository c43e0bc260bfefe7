export {
  type Authority,
  type CreateAuthorityOptions,
  certificateDaysMax,
  createAuthority,
  type IssueOptions,
  openAuthority,
} from './authority.ts';
export { type Certificate, certificateThumbprint, findIssuer, readCertificate } from './certificate.ts';
export { CertificateError, type CertificateErrorCode } from './certificate-error.ts';
export { generateTlsKey } from './key-form.ts';
export type { NameConstraints } from './name-constraints.ts';
export { hostOfUrl, participantUri } from './names.ts';
export { decodePem, encodePem } from './pem.ts';
export { type ImportedKey, importPkcs12 } from './pkcs12.ts';
export {
  assertRequestFits,
  createCertificateRequest,
  type RequestOptions,
  type VerifiedRequest,
  verifyCertificateRequest,
} from './request.ts';
export {
  type Revocation,
  type RevocationList,
  type RevocationReason,
  readRevocationList,
} from './revocation-list.ts';
