import { ProtocolError } from '@barlink/protocol';

/** Codes a {@link SigningError} carries; spec/signing.md tells when each one is given. */
export type SigningErrorCode =
  | 'SIGNATURE_MISSING'
  | 'SIGNATURE_MALFORMED'
  | 'SIGNATURE_ALGORITHM_NOT_ALLOWED'
  | 'SIGNATURE_CRITICAL_UNKNOWN'
  | 'SIGNATURE_ISSUER_MISMATCH'
  | 'SIGNATURE_AUDIENCE_MISMATCH'
  | 'SIGNATURE_TARGET_MISMATCH'
  | 'SIGNATURE_REQUEST_MISMATCH'
  | 'SIGNATURE_STALE'
  | 'SIGNATURE_KEY_UNKNOWN'
  | 'SIGNATURE_KEY_NOT_VALID'
  | 'SIGNATURE_INVALID'
  | 'SIGNING_KEY_INVALID'
  | 'SIGNING_KEY_UNPROVEN'
  | 'HTTP_SIGNATURE_MALFORMED'
  | 'HTTP_SIGNATURE_COMPONENT_MISSING'
  | 'CONTENT_DIGEST_MISMATCH'
  | 'EVIDENCE_MALFORMED'
  | 'EVIDENCE_MESSAGES_CHANGED'
  | 'KEYSET_MALFORMED'
  | 'KEYSET_EXPIRED'
  | 'CODE_SIGNATURE_MALFORMED'
  | 'CODE_SIGNATURE_KEY_UNKNOWN'
  | 'CODE_SIGNATURE_KEY_NOT_VALID'
  | 'CODE_SIGNATURE_REVOKED'
  | 'CODE_TIME_EXPIRED'
  | 'CODE_SIGNATURE_INVALID';

/** A signature, key or keyset that is refused. Callers branch on `code`. */
export class SigningError extends ProtocolError {
  declare readonly code: SigningErrorCode;

  constructor(
    code: SigningErrorCode,
    message: string,
    options: { readonly path?: string; readonly cause?: unknown } = {},
  ) {
    super(code, message, options);
  }
}
