import { ProtocolError, type Reason } from '@barlink/protocol';

/** What the vault refuses. What is wrong with a payer code's text has a code of `@barlink/tokens`. */
export type TokenErrorCode =
  | 'TOKEN_UNKNOWN'
  | 'TOKEN_SUSPENDED'
  | 'TOKEN_EXPIRED'
  | 'TOKEN_DELETED'
  | 'TOKEN_DOMAIN_FORBIDDEN'
  | 'TOKEN_LIMIT_EXCEEDED'
  | 'TOKEN_STATE_CONFLICT'
  | 'TOKEN_EXPIRY_INVALID'
  | 'TOKEN_ISSUER_UNKNOWN'
  | 'TOKEN_ISSUER_DECLINED'
  | 'TOKEN_ISSUER_UNAVAILABLE'
  | 'PAYER_CODE_UNKNOWN'
  | 'PAYER_CODE_EXPIRED'
  | 'PAYER_CODE_INVALID'
  | 'PAYER_CODE_LOCKED';

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
  TOKEN_DOMAIN_FORBIDDEN: 'The token is not for this kind of payment.',
  TOKEN_LIMIT_EXCEEDED: 'The amount is over the limit of the token, or in another currency.',
  TOKEN_STATE_CONFLICT: 'The token is in a state in which you cannot do this.',
  TOKEN_EXPIRY_INVALID: 'The expiry of a token lies ahead, by at most five years.',
  TOKEN_ISSUER_UNKNOWN: 'There is no active issuer with this id.',
  TOKEN_ISSUER_DECLINED: 'The issuer does not let this wallet pay from this account.',
  TOKEN_ISSUER_UNAVAILABLE: 'The issuer did not answer; nothing was created.',
  PAYER_CODE_UNKNOWN: 'The payer code belongs to no token.',
  PAYER_CODE_EXPIRED: 'The time of the payer code is over.',
  PAYER_CODE_INVALID: 'The one-time value of the payer code does not hold.',
  PAYER_CODE_LOCKED: 'Too many wrong payer codes; the token takes none for a while.',
};
