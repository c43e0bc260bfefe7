import { ProtocolError } from '@barlink/protocol';

/** What the HTTP edge refuses before any module is asked. */
export type HttpErrorCode =
  | 'REQUEST_TOO_LARGE'
  | 'REQUEST_MEDIA_TYPE_UNSUPPORTED'
  | 'REQUEST_PATH_UNKNOWN'
  | 'REQUEST_METHOD_UNSUPPORTED'
  | 'REQUEST_BODY_TRUNCATED'
  | 'TLS_HEADER_FORBIDDEN'
  | 'TLS_CERTIFICATE_MISSING'
  | 'TLS_CERTIFICATE_UNKNOWN'
  | 'TLS_CERTIFICATE_REVOKED'
  | 'TLS_CERTIFICATE_EXPIRED'
  | 'TLS_CERTIFICATE_MISMATCH'
  | 'SENDER_SUSPENDED'
  | 'SENDER_ROLE_FORBIDDEN'
  | 'SENDER_RATE_EXCEEDED'
  | 'MESSAGE_MEMBER_UNKNOWN'
  | 'MESSAGE_MEMBER_MISSING'
  | 'MESSAGE_MEMBER_INVALID'
  | 'IDEMPOTENCY_KEY_MISSING'
  | 'IDEMPOTENCY_KEY_STALE'
  | 'SWITCH_OVERLOADED'
  | 'SWITCH_UNAVAILABLE'
  | 'SWITCH_DEADLINE_EXCEEDED'
  | 'SWITCH_FAILED';

/** @see HttpErrorCode */
export class HttpError extends ProtocolError {
  declare readonly code: HttpErrorCode;

  constructor(code: HttpErrorCode, options: { readonly path?: string; readonly cause?: unknown } = {}) {
    super(code, texts[code], options);
  }
}

const texts: Record<HttpErrorCode, string> = {
  REQUEST_TOO_LARGE: 'The body is larger than 65536 bytes.',
  REQUEST_MEDIA_TYPE_UNSUPPORTED: 'The body must be application/json.',
  REQUEST_PATH_UNKNOWN: 'There is nothing at this path.',
  REQUEST_METHOD_UNSUPPORTED: 'This path does not take this method.',
  REQUEST_BODY_TRUNCATED: 'The body ended before its announced length.',
  TLS_HEADER_FORBIDDEN: 'Only a proxy that the switch knows may tell it of certificates, in one form.',
  TLS_CERTIFICATE_MISSING: 'The request came without a client certificate.',
  TLS_CERTIFICATE_UNKNOWN: 'The client certificate is entered for no participant.',
  TLS_CERTIFICATE_REVOKED: 'The client certificate is revoked.',
  TLS_CERTIFICATE_EXPIRED: 'The time of the client certificate is over, or has not begun.',
  TLS_CERTIFICATE_MISMATCH: 'The client certificate belongs to another participant than the signature.',
  SENDER_SUSPENDED: 'The sender is suspended.',
  SENDER_ROLE_FORBIDDEN: 'The sender does not have a role this needs.',
  MESSAGE_MEMBER_UNKNOWN: 'The message has a member that its schema does not know.',
  MESSAGE_MEMBER_MISSING: 'The message lacks a member that its schema needs.',
  MESSAGE_MEMBER_INVALID: 'A member of the message has a value that its schema refuses.',
  SENDER_RATE_EXCEEDED: 'The sender asks this more often than it may.',
  IDEMPOTENCY_KEY_MISSING: 'A write needs idk in the protected header.',
  IDEMPOTENCY_KEY_STALE: 'The time of idk is over 24 hours ago or over 5 minutes ahead.',
  SWITCH_OVERLOADED: 'More requests are at work than the switch can serve in time.',
  SWITCH_UNAVAILABLE: 'The switch cannot reach its database.',
  SWITCH_DEADLINE_EXCEEDED: 'There is no answer in time; the same request sent again is told the outcome.',
  SWITCH_FAILED: 'The switch failed; the trace id tells its operator where.',
};
