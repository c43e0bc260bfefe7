import { ProtocolError } from '@barlink/protocol';

/** What the transparency log refuses. */
export type LogErrorCode =
  | 'LOG_SIZE_UNKNOWN'
  | 'LOG_RANGE_INVALID'
  | 'LOG_MESSAGE_UNKNOWN'
  | 'LOG_COSIGNATURE_MALFORMED'
  | 'LOG_COSIGNATURE_INVALID'
  | 'LOG_COSIGNATURE_MISMATCH'
  | 'LOG_COSIGNATURE_STALE'
  | 'LOG_ERASURE_TOO_RECENT';

/** @see LogErrorCode */
export class LogError extends ProtocolError {
  declare readonly code: LogErrorCode;

  constructor(code: LogErrorCode, options: { readonly path?: string } = {}) {
    super(code, texts[code], options);
  }
}

const texts: Record<LogErrorCode, string> = {
  LOG_SIZE_UNKNOWN: 'The log has no signed tree head of this size.',
  LOG_RANGE_INVALID: 'These numbers name no leaves of the tree.',
  LOG_MESSAGE_UNKNOWN: 'No message of yours with this jti was accepted, or it was erased.',
  LOG_COSIGNATURE_MALFORMED: 'The cosignature is not a compact JWS of the agreed form.',
  LOG_COSIGNATURE_INVALID: 'The cosignature is not by a key of the sender.',
  LOG_COSIGNATURE_MISMATCH: 'The log never signed a tree head like this one.',
  LOG_COSIGNATURE_STALE: 'The witness has cosigned a later tree head.',
  LOG_ERASURE_TOO_RECENT: 'What is younger than 30 days is not erased.',
};
