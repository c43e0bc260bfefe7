import { ProtocolError } from '@barlink/protocol';

/** Codes the SDK itself gives; every other code of an {@link SdkError} is the switch's (spec/errors.md). */
export type SdkErrorCode =
  | 'SWITCH_UNREACHABLE'
  | 'SWITCH_TIMEOUT'
  | 'ANSWER_SIGNATURE_INVALID'
  | 'ANSWER_BODY_INVALID'
  | 'KEYSET_UNAVAILABLE'
  | 'CODE_KEY_MISSING'
  | 'CODE_URL_INVALID'
  | 'CODE_DOCUMENT_UNAVAILABLE'
  | 'CODE_DOCUMENT_TOO_LARGE'
  | 'CODE_DOCUMENT_GONE'
  | 'LOG_HEAD_INVALID'
  | 'LOG_HEAD_INCONSISTENT'
  | 'MESSAGE_SHAPE_INVALID'
  | 'RECEIVER_BODY_TOO_LARGE'
  | 'RECEIVER_PATH_UNKNOWN';

/** What an {@link SdkError} knows beside code and message. */
export interface SdkErrorDetails {
  readonly path?: string | undefined;
  readonly cause?: unknown;
  readonly retryable?: boolean | undefined;
  readonly traceId?: string | undefined;
  readonly status?: number | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly claimedCode?: string | undefined;
}

/**
 * A request that got no answer to rely on: refused by the switch, or never answered.
 *
 * After `SWITCH_TIMEOUT`, `SWITCH_UNREACHABLE` or `ANSWER_SIGNATURE_INVALID` the outcome of a write is
 * unknown: send it again with the same `idempotencyKey`, within a day, and it takes effect once.
 */
export class SdkError extends ProtocolError {
  /** True when the same request may succeed later. */
  readonly retryable: boolean;
  /** The operator finds the request by it; only refusals of the switch have one. */
  readonly traceId: string | undefined;
  /** HTTP status, when the switch answered. */
  readonly status: number | undefined;
  /** The key the write was sent with. */
  readonly idempotencyKey: string | undefined;

  /**
   * With `ANSWER_SIGNATURE_INVALID`: the refusal that the unproved answer claims to be. A sender whom the
   * switch does not know gets such answers (`SIGNATURE_KEY_UNKNOWN`, `SIGNATURE_STALE`). Anyone on the way
   * could have written it.
   */
  readonly claimedCode: string | undefined;

  constructor(code: string, message: string, details: SdkErrorDetails = {}) {
    super(code, message, {
      ...(details.path === undefined ? {} : { path: details.path }),
      ...(details.cause === undefined ? {} : { cause: details.cause }),
    });
    this.retryable = details.retryable ?? false;
    this.traceId = details.traceId;
    this.status = details.status;
    this.idempotencyKey = details.idempotencyKey;
    this.claimedCode = details.claimedCode;
  }
}
