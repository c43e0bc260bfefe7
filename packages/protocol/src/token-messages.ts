import type { Presentment } from './messages.ts';
import type { WireMoney } from './money.ts';
import type { Reason } from './reasons.ts';

/** What a token may be used for; the members of a request are those it wants other than the default. */
export interface TokenControlsResource {
  /** Presentments the token may be used in; both when absent. */
  readonly presentments: readonly Presentment[];
  /** Most that one payment may take. */
  readonly paymentLimit?: WireMoney;
  /** Most that all payments of a day (UTC), or of the whole validity, may be and take. */
  readonly useLimits?: readonly {
    readonly period: 'day' | 'validity';
    readonly count?: number;
    readonly amount?: WireMoney;
  }[];
  /** Only these; an entry without `merchantId` is for all merchants of the acquirer. */
  readonly merchants?: readonly { readonly acquirer: string; readonly merchantId?: string }[];
  /** Only merchants of these categories (ISO 18245). */
  readonly categories?: readonly string[];
  /** Whether a payment of a merchant's code needs a cryptogram of the device. */
  readonly cryptogram: 'optional' | 'required';
  readonly expiresAt: string;
}

/** POST /v1/tokens, by a wallet. */
export interface TokenRequest extends Partial<TokenControlsResource> {
  /** Participant id of the bank that holds the account. */
  readonly issuer: string;
  /** The account as that bank knows it. Stored encrypted, never shown again. */
  readonly account: string;
  /** `by_wallet`: approved, it is inactive until its wallet activates it. */
  readonly activation?: 'at_once' | 'by_wallet';
}

/** spec/tokens.md 2. */
export type TokenState = 'requested' | 'inactive' | 'active' | 'suspended' | 'expired' | 'deleted';

/**
 * How the issuer verified the account holder (EMVCo token assurance method): 00 not at all, 10 the account
 * only,
 * 11 by one factor, 12 by two factors, 13 by its own risk data without asking, 14 by an authentication it
 * asserts.
 */
export type AssuranceMethod = '00' | '10' | '11' | '12' | '13' | '14';

/** A token as its requestor sees it. */
export interface TokenResource extends TokenControlsResource {
  readonly tokenId: string;
  readonly issuer: string;
  /** 11 digits that stand for the wallet that asked for it (EMVCo token requestor id). */
  readonly requestorId: string;
  readonly state: TokenState;
  /** The same for all tokens of one account, and useless for payment (EMVCo payment account reference). */
  readonly accountMarking: string;
  /** Last digits of the account, for the payer to know it by. */
  readonly accountHint: string;
  readonly assuranceMethod: AssuranceMethod;
  readonly createdAt: string;
}

/** What a device needs to make payer codes offline; given once, in the answer to POST /v1/tokens. */
export interface PayerCodeProvision {
  /** Four digits that route the code. */
  readonly networkNumber: string;
  /** 32 bytes, base64url: the device keeps it in its secure store. */
  readonly deviceKey: string;
  /** Eight digits each. */
  readonly handles: readonly string[];
}

/** Answer to POST /v1/tokens. */
export interface TokenCreated extends TokenResource {
  readonly payerCode: PayerCodeProvision;
}

/**
 * POST /v1/tokens/{tokenId}/payer-code-handles, by its wallet; the answer is a {@link PayerCodeProvision}.
 */
export interface HandleReplacementRequest {
  /** `device_lost`: old handles and the old device key end at once; otherwise codes just shown still hold. */
  readonly cause: 'used' | 'device_lost';
}

/** Answer to POST /v1/payer-codes: a payer code of the switch's making, for a device that is online. */
export interface PayerCodeResource {
  readonly tokenId: string;
  /** 24 digits. */
  readonly payload: string;
  /** The same code in EMVCo's consumer-presented form. */
  readonly emvCpm: string;
  /** At most 60 seconds ahead. */
  readonly expiresAt: string;
}

/** Switch to issuer, POST {issuer}/token-approvals: may this wallet pay from this account? */
export interface TokenApprovalRequest {
  readonly tokenId: string;
  readonly wallet: string;
  readonly requestorId: string;
  readonly account: string;
  readonly accountMarking: string;
}

/** The issuer's answer to a {@link TokenApprovalRequest}. */
export interface TokenApprovalAnswer {
  /**
   * `pending`: the account holder is still to be verified; the issuer approves the token later, or deletes
   * it.
   */
  readonly outcome: 'approved' | 'declined' | 'pending';
  readonly reason?: Reason;
  /** With `approved`; 00 when absent. */
  readonly assuranceMethod?: AssuranceMethod;
}
