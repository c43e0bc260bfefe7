import { ProtocolError } from '@barlink/protocol';

/** What the record of accepted messages refuses. */
export type AuditErrorCode = 'SIGNATURE_REPLAYED' | 'IDEMPOTENCY_KEY_CONFLICT' | 'IDEMPOTENCY_IN_PROGRESS';

/** @see AuditErrorCode */
export class AuditError extends ProtocolError {
  declare readonly code: AuditErrorCode;

  constructor(code: AuditErrorCode) {
    super(code, texts[code]);
  }
}

const texts: Record<AuditErrorCode, string> = {
  SIGNATURE_REPLAYED: 'A message with this jti was already accepted.',
  IDEMPOTENCY_KEY_CONFLICT: 'This idempotency key was used for another request.',
  IDEMPOTENCY_IN_PROGRESS: 'The first request with this idempotency key is still at work.',
};
