import { ProtocolError, type Reason } from '@barlink/protocol';

/** What the vault refuses. What is wrong with a payer code's text has a code of `@barlink/tokens`. */
export type TokenErrorCode =
  | 'TOKEN_UNKNOWN'
  | 'TOKEN_SUSPENDED'
  | 'TOKEN_EXPIRED'
  | 'TOKEN_DELETED'
  | 'TOKEN_NOT_ACTIVE'
  | 'TOKEN_CONTROL_INVALID'
  | 'TOKEN_CONTROL_WIDENED'
  | 'TOKEN_CRYPTOGRAM_MISSING'
  | 'TOKEN_CRYPTOGRAM_INVALID'
  | 'TOKEN_COUNTER_USED'
  | 'TOKEN_STATE_CONFLICT'
  | 'TOKEN_EXPIRY_INVALID'
  | 'TOKEN_ISSUER_UNKNOWN'
  | 'TOKEN_ISSUER_DECLINED'
  | 'TOKEN_ISSUER_UNAVAILABLE'
  | 'PAYER_CODE_UNKNOWN'
  | 'PAYER_CODE_EXPIRED'
  | 'PAYER_CODE_INVALID'
  | 'PAYER_CODE_LOCKED'
  | 'PAYER_CODE_TERMINAL_LIMITED'
  | 'VAULT_ROTATION_UNKNOWN';

/** @see TokenErrorCode */
export class TokenError extends ProtocolError {
  declare readonly code: TokenErrorCode;
  /** Why the issuer declined, with `TOKEN_ISSUER_DECLINED`. */
  readonly reason: Reason | undefined;

  constructor(
    code: TokenErrorCode,
    options: { readonly path?: string; readonly cause?: unknown; readonly reason?: Reason } = {},
  ) {
    const { reason, ...rest } = options;
    super(code, reason === undefined ? texts[code] : `${texts[code]} Reason: ${reason}.`, rest);
    this.reason = reason;
  }
}

const texts: Record<TokenErrorCode, string> = {
  TOKEN_UNKNOWN: 'There is no such token.',
  TOKEN_SUSPENDED: 'The token is suspended.',
  TOKEN_EXPIRED: 'The token has expired.',
  TOKEN_DELETED: 'The token was deleted.',
  TOKEN_NOT_ACTIVE: 'The token is not active yet.',
  TOKEN_CONTROL_INVALID: 'The limits of the token contradict each other.',
  TOKEN_CONTROL_WIDENED: 'A wallet can only narrow what a token is good for.',
  TOKEN_CRYPTOGRAM_MISSING: 'The token asks for a cryptogram of its device.',
  TOKEN_CRYPTOGRAM_INVALID: 'The device of the token did not make this cryptogram for this payment.',
  TOKEN_COUNTER_USED: 'The counter of the cryptogram was used before, or is too far ahead.',
  TOKEN_STATE_CONFLICT: 'The token is in a state in which you cannot do this.',
  TOKEN_EXPIRY_INVALID: 'The expiry of a token lies ahead, by at most five years.',
  TOKEN_ISSUER_UNKNOWN: 'There is no active issuer with this id.',
  TOKEN_ISSUER_DECLINED: 'The issuer does not let this wallet pay from this account.',
  TOKEN_ISSUER_UNAVAILABLE: 'The issuer did not answer; nothing was created.',
  PAYER_CODE_UNKNOWN: 'The payer code belongs to no token.',
  PAYER_CODE_EXPIRED: 'The time of the payer code is over.',
  PAYER_CODE_INVALID: 'The one-time value of the payer code does not hold.',
  PAYER_CODE_LOCKED: 'Too many wrong payer codes; the token takes none for a while.',
  PAYER_CODE_TERMINAL_LIMITED: 'Too many wrong payer codes from this terminal; it may try again later.',
  VAULT_ROTATION_UNKNOWN: 'There is no such rotation.',
};

/** Why the vault does not open. */
export type VaultErrorCode = 'VAULT_PROFILE_UNAVAILABLE';

/** A switch that cannot keep its accounts as it is told to; it does not start. */
export class VaultError extends ProtocolError {
  declare readonly code: VaultErrorCode;

  constructor(code: VaultErrorCode) {
    super(code, 'The crypto library of this process lacks SM4-CBC or SM3: it cannot seal in the SM profile.');
  }
}
