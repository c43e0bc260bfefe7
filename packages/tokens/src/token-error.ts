import { ProtocolError } from '@barlink/protocol';

/** Codes a {@link TokenError} carries; spec/tokens.md tells when each one is given. */
export type TokenErrorCode =
  | 'PAYER_CODE_MALFORMED'
  | 'PAYER_CODE_PREFIX_UNKNOWN'
  | 'PAYER_CODE_CHECK_DIGIT_MISMATCH'
  | 'PAYER_CODE_EXPIRED'
  | 'PAYER_CODE_INVALID'
  | 'PAYER_CODE_COUNTER_INVALID'
  | 'PAYER_CODE_STEP_EXHAUSTED'
  | 'CRYPTOGRAM_INPUT_INVALID'
  | 'CRYPTOGRAM_VALUE_MISMATCH'
  | 'PAYER_DEVICE_INVALID';

/**
 * A payer code or a device's provision that is refused. Never repeats its digits: they are a secret until
 * used.
 */
export class TokenError extends ProtocolError {
  declare readonly code: TokenErrorCode;

  constructor(
    code: TokenErrorCode,
    message: string,
    options: { readonly path?: string; readonly cause?: unknown } = {},
  ) {
    super(code, message, options);
  }
}
