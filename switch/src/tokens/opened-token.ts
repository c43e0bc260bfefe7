import type { ParticipantId, TokenId, TokenState } from '@barlink/protocol';

/** A token opened for a payment, with the clear account: for the issuer and nobody else, never for a log. */
export interface OpenedToken {
  readonly tokenId: TokenId;
  readonly wallet: ParticipantId;
  readonly issuer: ParticipantId;
  readonly account: string;
  readonly accountMarking: string;
  /** At the time of the look-up. */
  readonly state: TokenState;
  readonly expiresAt: Date;
  /** Set when the payment has to be counted, or has a cryptogram: `changeTokenUses` takes it then. */
  readonly taken: { readonly counter: number | undefined } | undefined;
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
