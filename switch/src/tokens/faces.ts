import type { Money, ParticipantId, Presentment, TokenId, TokenState } from '@barlink/protocol';
import type { Queryable } from '../database/index.ts';

/** A token opened for a payment. Holds the clear account: hand it to the issuer and to nobody else, never log it. */
export interface OpenedToken {
  readonly tokenId: TokenId;
  readonly wallet: ParticipantId;
  readonly issuer: ParticipantId;
  readonly account: string;
  readonly presentments: readonly Presentment[];
  readonly paymentLimit: Money | undefined;
  /** At the time of the look-up. */
  readonly state: TokenState;
  readonly expiresAt: Date;
}

/** One use of one payer code; the payment's transaction claims it, and of many claims one wins. */
export interface PayerCodeClaim {
  readonly tokenId: TokenId;
  readonly networkNumber: string;
  readonly handle: string;
  /** The 30-second step the code was made in, and which of its codes it is. */
  readonly step: number;
  readonly slot: number;
}

/** A payer code found good: whose it is and what to claim. */
export interface OpenedPayerCode {
  readonly token: OpenedToken;
  readonly claim: PayerCodeClaim;
}

/** What a payment needs of the vault. Every look-up reads the database; many at once share a query. */
export interface TokenUses {
  /**
   * The wallet's token, good for this amount now (merchant-presented).
   *
   * @throws {TokenError} `TOKEN_UNKNOWN` (also for another wallet's), `TOKEN_SUSPENDED`, `TOKEN_EXPIRED`,
   *   `TOKEN_DELETED`, `TOKEN_DOMAIN_FORBIDDEN`, `TOKEN_LIMIT_EXCEEDED`
   */
  useToken(
    tokenId: string,
    use: { readonly wallet: ParticipantId; readonly amount: Money },
  ): Promise<OpenedToken>;
  /**
   * The token of a payer code, good for this amount now (consumer-presented). That the code was not used before
   * is decided by `claimPayerCodes`.
   *
   * @throws {ProtocolError} of `@barlink/tokens`: `PAYER_CODE_MALFORMED`, `PAYER_CODE_PREFIX_UNKNOWN`,
   *   `PAYER_CODE_CHECK_DIGIT_MISMATCH`, `PAYER_CODE_EXPIRED`
   * @throws {TokenError} `PAYER_CODE_UNKNOWN`, `PAYER_CODE_LOCKED`, `PAYER_CODE_INVALID`, `TOKEN_SUSPENDED`,
   *   `TOKEN_EXPIRED`, `TOKEN_DELETED`, `TOKEN_LIMIT_EXCEEDED`
   */
  usePayerCode(payload: string, use: { readonly amount: Money }): Promise<OpenedPayerCode>;
  /** The token whatever its state, for a refund of a payment it made. @throws {TokenError} `TOKEN_UNKNOWN` */
  openToken(tokenId: string): Promise<OpenedToken>;
  /** Marks payer codes used, in the payments' transaction; answers for each whether it was the first. */
  claimPayerCodes(connection: Queryable, claims: readonly PayerCodeClaim[]): Promise<readonly boolean[]>;
}
