import { CodeError } from '@barlink/codes';
import {
  type EnvelopeErrorCode,
  type IdErrorCode,
  type JsonErrorCode,
  type MoneyErrorCode,
  type Problem,
  ProtocolError,
} from '@barlink/protocol';
import type { SigningErrorCode } from '@barlink/signing';
import type { CertificateErrorCode } from '@barlink/signing/certificates';
import type { TokenErrorCode as PayerCodeErrorCode } from '@barlink/tokens';
import type { AuditErrorCode, LogErrorCode } from '../audit/index.ts';
import type { ClearingErrorCode } from '../clearing/index.ts';
import type { MerchantCodeErrorCode } from '../codes/index.ts';
import { isDatabaseDown, QueueFull } from '../database/index.ts';
import type { EvidenceErrorCode } from '../evidence/index.ts';
import type { ParticipantErrorCode } from '../participants/index.ts';
import type { PaymentErrorCode } from '../payments/index.ts';
import type { RiskErrorCode } from '../risk/index.ts';
import type { RoutingErrorCode } from '../routing/index.ts';
import type { SettlementErrorCode } from '../settlement/index.ts';
import type { TokenErrorCode } from '../tokens/index.ts';
import { HttpError, type HttpErrorCode } from './errors.ts';

/**
 * Every code the switch answers with, those about the text of a payment code apart: they all have status 422.
 */
export type ErrorCode =
  | AuditErrorCode
  | ReceivedCertificateCode
  | ClearingErrorCode
  | EnvelopeErrorCode
  | EvidenceErrorCode
  | HttpErrorCode
  | IdErrorCode
  | JsonErrorCode
  | LogErrorCode
  | MerchantCodeErrorCode
  | MoneyErrorCode
  | ParticipantErrorCode
  | PaymentErrorCode
  | ReceivedPayerCodeCode
  | RiskErrorCode
  | RoutingErrorCode
  | SettlementErrorCode
  | ReceivedSigningCode
  | TokenErrorCode;

/** What may be wrong with the text of a payer code. */
export type ReceivedPayerCodeCode = Extract<
  PayerCodeErrorCode,
  'PAYER_CODE_MALFORMED' | 'PAYER_CODE_PREFIX_UNKNOWN' | 'PAYER_CODE_CHECK_DIGIT_MISMATCH'
>;

/** What may be wrong with a certificate, or with the request for one, that the operator hands in. */
export type ReceivedCertificateCode = Exclude<
  CertificateErrorCode,
  'AUTHORITY_INVALID' | 'REVOCATION_LIST_INVALID' | `PKCS12_${string}`
>;

/**
 * Signature codes of requests and merchant codes; the others concern our own keys and the answers we receive.
 */
export type ReceivedSigningCode = Exclude<
  SigningErrorCode,
  | 'SIGNATURE_ISSUER_MISMATCH'
  | 'SIGNATURE_REQUEST_MISMATCH'
  | 'SIGNING_KEY_INVALID'
  | 'SIGNING_KEY_UNPROVEN'
  | 'HTTP_SIGNATURE_MALFORMED'
  | 'HTTP_SIGNATURE_COMPONENT_MISSING'
  | 'CONTENT_DIGEST_MISMATCH'
  | 'EVIDENCE_MALFORMED'
  | 'EVIDENCE_MESSAGES_CHANGED'
  | 'SIGNING_ALGORITHM_UNAVAILABLE'
  | 'KEYSET_MALFORMED'
  | 'KEYSET_EXPIRED'
>;

/** What a code means to an HTTP client: status, and whether the same request may succeed later. */
export interface ProblemRow {
  readonly status: number;
  readonly title: string;
  readonly retryable?: true;
}

const bad = { status: 400, title: 'Malformed request' };
const unauthenticated = { status: 401, title: 'Signature refused' };
const certificateRefused = { status: 401, title: 'Certificate refused' };
const forbidden = { status: 403, title: 'Not allowed' };
const unknown = { status: 404, title: 'Not found' };
const gone = { status: 410, title: 'No longer there' };
const conflict = { status: 409, title: 'Conflict' };
const inProgress = { status: 409, title: 'Conflict', retryable: true } as const;
const unprocessable = { status: 422, title: 'Cannot be done' };
const failed = { status: 500, title: 'The switch failed' };
const unavailable = { status: 503, title: 'Not now', retryable: true } as const;

/** The one place where a refusal becomes an HTTP status; a code without a row does not compile. */
export const problems: Readonly<Record<ErrorCode, ProblemRow>> = {
  SIGNATURE_MISSING: unauthenticated,
  SIGNATURE_MALFORMED: unauthenticated,
  SIGNATURE_ALGORITHM_NOT_ALLOWED: unauthenticated,
  SIGNATURE_CRITICAL_UNKNOWN: unauthenticated,
  SIGNATURE_AUDIENCE_MISMATCH: unauthenticated,
  SIGNATURE_TARGET_MISMATCH: unauthenticated,
  SIGNATURE_STALE: unauthenticated,
  SIGNATURE_KEY_UNKNOWN: unauthenticated,
  SIGNATURE_KEY_NOT_VALID: unauthenticated,
  SIGNATURE_INVALID: unauthenticated,
  TLS_HEADER_FORBIDDEN: bad,
  TLS_CERTIFICATE_MISSING: certificateRefused,
  TLS_CERTIFICATE_UNKNOWN: certificateRefused,
  TLS_CERTIFICATE_REVOKED: certificateRefused,
  TLS_CERTIFICATE_EXPIRED: certificateRefused,
  TLS_CERTIFICATE_MISMATCH: certificateRefused,
  REQUEST_BODY_TRUNCATED: bad,
  ENVELOPE_MALFORMED: bad,
  JSON_ENCODING_INVALID: bad,
  JSON_SYNTAX_INVALID: bad,
  JSON_KEY_DUPLICATE: bad,
  JSON_DEPTH_EXCEEDED: bad,
  MESSAGE_MEMBER_UNKNOWN: bad,
  MESSAGE_MEMBER_MISSING: bad,
  MESSAGE_MEMBER_INVALID: bad,
  ID_FORMAT_INVALID: bad,
  MONEY_CURRENCY_UNKNOWN: bad,
  MONEY_AMOUNT_INVALID: bad,
  MONEY_AMOUNT_PRECISION: bad,
  MONEY_AMOUNT_NEGATIVE: bad,
  MONEY_AMOUNT_ZERO: bad,
  MONEY_AMOUNT_TOO_LARGE: bad,
  CYCLE_PAGE_INVALID: bad,
  LOG_RANGE_INVALID: bad,
  LOG_COSIGNATURE_MALFORMED: bad,
  IDEMPOTENCY_KEY_MISSING: bad,
  IDEMPOTENCY_KEY_STALE: bad,
  SENDER_SUSPENDED: forbidden,
  SENDER_ROLE_FORBIDDEN: forbidden,
  LOG_COSIGNATURE_INVALID: forbidden,
  PAYMENT_PRESENTMENT_FORBIDDEN: forbidden,
  PARTICIPANT_KEY_CHANGE_FORBIDDEN: forbidden,
  TOKEN_CONTROL_WIDENED: forbidden,
  REQUEST_PATH_UNKNOWN: unknown,
  PARTICIPANT_UNKNOWN: unknown,
  PARTICIPANT_KEY_UNKNOWN: unknown,
  PARTICIPANT_CERTIFICATE_UNKNOWN: unknown,
  CODE_PAYLOAD_UNKNOWN: unknown,
  TOKEN_UNKNOWN: unknown,
  EVIDENCE_UNKNOWN: unknown,
  VAULT_ROTATION_UNKNOWN: unknown,
  PAYMENT_ID_UNKNOWN: unknown,
  CYCLE_UNKNOWN: unknown,
  LOG_SIZE_UNKNOWN: unknown,
  LOG_MESSAGE_UNKNOWN: unknown,
  SETTLEMENT_INSTRUCTION_UNKNOWN: unknown,
  PAYER_CODE_UNKNOWN: unknown,
  SIGNATURE_REPLAYED: conflict,
  IDEMPOTENCY_KEY_CONFLICT: conflict,
  PARTICIPANT_ALREADY_EXISTS: conflict,
  LOG_COSIGNATURE_MISMATCH: conflict,
  LOG_COSIGNATURE_STALE: conflict,
  LOG_ERASURE_TOO_RECENT: conflict,
  PARTICIPANT_KEY_EXISTS: conflict,
  PARTICIPANT_CERTIFICATE_EXISTS: conflict,
  CERTIFICATE_AUTHORITY_MISSING: conflict,
  PAYMENT_STATE_CONFLICT: conflict,
  TOKEN_STATE_CONFLICT: conflict,
  REVERSAL_REFUND_EXISTS: conflict,
  REVERSAL_CYCLE_CLOSED: conflict,
  CYCLE_STATE_CONFLICT: conflict,
  SETTLEMENT_STATE_CONFLICT: conflict,
  POSITION_CAP_UNDERCUT: conflict,
  IDEMPOTENCY_IN_PROGRESS: inProgress,
  PARTICIPANT_URL_INSECURE: unprocessable,
  PARTICIPANT_KEY_INVALID: unprocessable,
  PARTICIPANT_KEY_UNPROVEN: unprocessable,
  PARTICIPANT_KEY_TIME_INVALID: unprocessable,
  PARTICIPANT_KEY_OVERLAP_SHORT: unprocessable,
  PARTICIPANT_KEYS_TOO_MANY: unprocessable,
  CERTIFICATE_REQUEST_MALFORMED: unprocessable,
  CERTIFICATE_REQUEST_UNPROVED: unprocessable,
  CERTIFICATE_REQUEST_EXTENSION_FORBIDDEN: unprocessable,
  CERTIFICATE_SUBJECT_MISMATCH: unprocessable,
  CERTIFICATE_NAME_FORBIDDEN: unprocessable,
  CERTIFICATE_KEY_FORBIDDEN: unprocessable,
  CERTIFICATE_KEY_REUSED: unprocessable,
  CERTIFICATE_VALIDITY_INVALID: unprocessable,
  CERTIFICATE_MALFORMED: unprocessable,
  CERTIFICATE_USE_FORBIDDEN: unprocessable,
  CERTIFICATE_ISSUER_UNTRUSTED: unprocessable,
  CODE_SCHEME_FOREIGN: unprocessable,
  CODE_PAYLOAD_CHANGED: unprocessable,
  CODE_TIME_EXPIRED: unprocessable,
  CODE_AMOUNT_MISSING: unprocessable,
  CODE_EXPIRY_INVALID: unprocessable,
  CODE_URL_UNAVAILABLE: unprocessable,
  CODE_DOCUMENT_MISMATCH: unprocessable,
  CODE_DOCUMENT_EXPIRED: gone,
  CODE_DOCUMENT_USED: gone,
  CODE_SIGNATURE_MALFORMED: unprocessable,
  CODE_SIGNATURE_KEY_UNKNOWN: unprocessable,
  CODE_SIGNATURE_KEY_NOT_VALID: unprocessable,
  CODE_SIGNATURE_REVOKED: unprocessable,
  CODE_SIGNATURE_INVALID: unprocessable,
  TOKEN_SUSPENDED: unprocessable,
  TOKEN_EXPIRED: unprocessable,
  TOKEN_DELETED: unprocessable,
  TOKEN_NOT_ACTIVE: unprocessable,
  TOKEN_CONTROL_INVALID: unprocessable,
  TOKEN_CRYPTOGRAM_MISSING: unprocessable,
  TOKEN_CRYPTOGRAM_INVALID: unprocessable,
  TOKEN_COUNTER_USED: unprocessable,
  TOKEN_EXPIRY_INVALID: unprocessable,
  TOKEN_ISSUER_UNKNOWN: unprocessable,
  TOKEN_ISSUER_DECLINED: unprocessable,
  PAYER_CODE_MALFORMED: unprocessable,
  PAYER_CODE_PREFIX_UNKNOWN: unprocessable,
  PAYER_CODE_CHECK_DIGIT_MISMATCH: unprocessable,
  PAYER_CODE_EXPIRED: unprocessable,
  PAYER_CODE_INVALID: unprocessable,
  PAYER_CODE_LOCKED: unprocessable,
  PAYMENT_AMOUNT_MISSING: unprocessable,
  PAYMENT_AMOUNT_MISMATCH: unprocessable,
  PAYMENT_CURRENCY_MISMATCH: unprocessable,
  REFUND_AMOUNT_EXCEEDED: unprocessable,
  REVERSAL_CAP_EXCEEDED: unprocessable,
  ROUTE_PARTY_UNKNOWN: unprocessable,
  ROUTE_PARTY_SUSPENDED: unprocessable,
  ROUTE_ROLE_MISSING: unprocessable,
  POSITION_CURRENCY_UNKNOWN: unprocessable,
  SCHEDULE_TIME_ZONE_UNKNOWN: unprocessable,
  SCHEDULE_CUT_OFF_INVALID: unprocessable,
  OUTFLOW_BREAKER_OPEN: unprocessable,
  OUTFLOW_BREAKER_CLOSED: conflict,
  OUTFLOW_REOPENING_UNKNOWN: unknown,
  OUTFLOW_CONFIRMER_SAME: forbidden,
  OUTFLOW_CONFIRMER_NEW: forbidden,
  TOKEN_ISSUER_UNAVAILABLE: unavailable,
  SWITCH_OVERLOADED: unavailable,
  SWITCH_UNAVAILABLE: unavailable,
  SWITCH_DEADLINE_EXCEEDED: unavailable,
  SWITCH_FAILED: failed,
  SENDER_RATE_EXCEEDED: { status: 429, title: 'Too often', retryable: true },
  PAYER_CODE_TERMINAL_LIMITED: { status: 429, title: 'Too many', retryable: true },
  REQUEST_METHOD_UNSUPPORTED: { status: 405, title: 'Method not allowed' },
  REQUEST_TOO_LARGE: { status: 413, title: 'Too large' },
  REQUEST_MEDIA_TYPE_UNSUPPORTED: { status: 415, title: 'Unsupported media type' },
};

/** Makes problem details (RFC 9457) of whatever was thrown; our own faults keep their text to themselves. */
export function toProblem(error: unknown, traceId: string): Problem {
  const { code, message, path } = refusalOf(error);
  const row: ProblemRow = problems[code as ErrorCode] ?? unprocessable;
  return {
    type: `https://barlink.net/problems/${code}`,
    title: row.title,
    status: row.status,
    code,
    detail: message,
    ...(path === undefined || path === '' ? {} : { path }),
    retryable: row.retryable === true,
    traceId,
  };
}

function refusalOf(error: unknown): { code: string; message: string; path: string | undefined } {
  if (error instanceof CodeError) {
    return { code: error.code, message: error.message, path: placeInPayload(error.path) };
  }
  if (error instanceof ProtocolError && isListed(error.code)) {
    return { code: error.code, message: error.message, path: pathOf(error) };
  }
  if (error instanceof QueueFull) {
    return new HttpError('SWITCH_OVERLOADED');
  }
  return new HttpError(isDatabaseDown(error) ? 'SWITCH_UNAVAILABLE' : 'SWITCH_FAILED');
}

/** Packages that read a scanned text do not know that it was the member `payload` of a message. */
function pathOf({ code, path }: ProtocolError): string | undefined {
  if (code.startsWith('CODE_SIGNATURE_')) {
    return path?.startsWith('/') === true ? path : placeInPayload(path);
  }
  return code.startsWith('PAYER_CODE_') ? (path ?? '/payload') : path;
}

/** A data object of a scanned code, named by its ids: `/payload#62.05`. */
function placeInPayload(object: string | undefined): string {
  return object === undefined || object === '' ? '/payload' : `/payload#${object}`;
}

function isListed(code: string): boolean {
  return Object.hasOwn(problems, code);
}
